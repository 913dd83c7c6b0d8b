import type { OptionNames } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** The optimisers that there are. */
export type OptimizerName = 'adamw' | 'adam' | 'sgd';

/** Options of {@link Optimizer.apply}. */
export interface ApplyOptions {
  /** The gradients are multiplied by it first. Default 1. */
  gradientScale?: number;
  /** Called whenever some more variables have their new values. Default nothing. */
  updated?(): void;
}

export const applyOptionNames: OptionNames<ApplyOptions> = { gradientScale: true, updated: true };

/** Which weights decay: those of two axes or more, so that biases and normalisations are spared, or all. */
export type Decays = 'matrices' | 'all';

/** Updates named variables from their gradients, with a state that can be saved and restored. */
export interface Optimizer {
  /** Which one it is; a checkpoint names it. */
  readonly kind: OptimizerName;
  /** What it remembers of each variable, by part and by the variables' names; owned by this object. */
  readonly state: Readonly<Record<string, Map<string, tf.Tensor>>>;
  /** Steps done. */
  step: number;
  /**
   * Updates every variable from its gradient times `gradientScale`; the gradients stay the caller's. `updated` is called
   * whenever some more variables have their new values.
   */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, given?: ApplyOptions): void;
  /** Disposes the state; the variables stay. */
  dispose(): void;
}

/** Weights that are updated before the next ones: all of them would be in memory twice. */
export const TOGETHER = 64;
