import type { StepInput } from '../step-input.ts';

/** Weights, or gradients, and the state of each phase in one array, in the order of its variables. */
export type Flat = Readonly<Record<string, Float32Array>>;

/** What a replica is told. */
export type ReplicaNote =
  /** Memory to share; not told where that is not allowed. */
  | { readonly kind: 'share'; readonly weights: Flat; readonly gradients: Flat }
  /** Variables `from` to `to` of a phase have new values: in shared memory, or here where there is none. */
  | {
      readonly kind: 'load';
      readonly phase: string;
      readonly from: number;
      readonly to: number;
      readonly values?: Float32Array;
    };

/** The loss of a step; its gradients are in shared memory, or here where there is none. */
export interface ReplicaAnswer {
  readonly loss: number;
  /** When it was computed, by `epochTime`. */
  readonly finished: number;
  readonly gradients?: Float32Array;
  /** Of each sample, where the phase tells them. */
  readonly losses?: Float32Array;
}

/** What a replica is asked: a step. */
export type ReplicaQuestion = StepInput;
