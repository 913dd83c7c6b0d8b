import type { StepInput } from '../step-gradients.ts';
import type { Phase } from '../two-phase-network.ts';

/** Weights or gradients of a phase in one array, in the order of its variables. */
export type Flat = Record<Phase, Float32Array>;

/** From the group to a replica. `weights` and `gradients` are shared memory, or absent where that is not allowed. */
export type ToReplica =
  | { readonly kind: 'start'; readonly weights?: Flat; readonly gradients?: Flat }
  /** Variables `from` to `to` of a phase have new values: in shared memory, or here where there is none. No answer. */
  | {
      readonly kind: 'load';
      readonly phase: Phase;
      readonly from: number;
      readonly to: number;
      readonly values?: Float32Array;
    }
  | { readonly kind: 'step'; readonly input: StepInput };

/** From a replica to the group. */
export type FromReplica =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly loss: number; readonly gradients?: Float32Array }
  | { readonly kind: 'failed'; readonly reason: string };
