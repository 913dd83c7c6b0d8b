import type { StepInput } from '../step-gradients.ts';
import type { Phase } from '../trainable-model.ts';

/** Weights or gradients of a phase in one array, in the order of its variables. */
export type Flat = Record<Phase, Float32Array>;

/** From the group to a replica. `weights` and `gradients` are shared memory, or absent where that is not allowed. */
export type ToReplica =
  | { readonly kind: 'start'; readonly weights?: Flat; readonly gradients?: Flat }
  | {
      readonly kind: 'step';
      /** Phases whose weights have changed; with their values where they are not shared. */
      readonly changed: Partial<Record<Phase, Float32Array | 'shared'>>;
      readonly input: StepInput;
    };

/** From a replica to the group. */
export type FromReplica =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly loss: number; readonly gradients?: Float32Array }
  | { readonly kind: 'failed'; readonly reason: string };
