import { type OptionNames, requireOptions } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { MomentOptimizer, type MomentOptions, momentOptionNames } from './moment-optimizer.ts';
import type { Decays } from './optimizer.ts';

/** Options of {@link AdamWOptimizer}. */
export interface AdamWOptions extends MomentOptions {
  /** Decoupled weight decay. Default 1e-4. */
  weightDecay?: number;
  /**
   * Which weights decay: those of two axes or more, so that biases and normalisations are spared, or all, as in PyTorch's
   * AdamW. Default 'matrices'.
   */
  decays?: Decays;
}

const adamWOptionNames: OptionNames<AdamWOptions> = { ...momentOptionNames, weightDecay: true, decays: true };

/** AdamW (Loshchilov & Hutter 2019) over named variables, with moments that can be saved and restored. */
export class AdamWOptimizer extends MomentOptimizer {
  /** What a checkpoint calls it. */
  readonly kind = 'adamw';

  /** `variables`: those that are trained, by name. Throws TypeError or RangeError for options out of range. */
  constructor(variables: ReadonlyMap<string, tf.Variable>, options: AdamWOptions = {}) {
    requireOptions('AdamWOptimizer', options, adamWOptionNames);
    const { weightDecay = 1e-4, decays = 'matrices', ...moments } = options;
    super(variables, { who: 'AdamWOptimizer', ...moments, weightDecay, decays });
  }
}
