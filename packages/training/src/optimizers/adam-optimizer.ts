import { type OptionNames, requireOptions, type AdamWOptions as StepOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { coupledDecay } from './coupled-decay.ts';
import { MomentOptimizer, type MomentOptions, momentOptionNames } from './moment-optimizer.ts';
import type { Decays } from './optimizer.ts';

/** Options of {@link AdamOptimizer}. */
export interface AdamOptions extends MomentOptions {
  /** Added to the gradient as this times the weight (L2), before the means, as in PyTorch's Adam. Default 0. */
  weightDecay?: number;
  /** Which weights decay: all, or those of two axes or more. Default 'all'. */
  decays?: Decays;
}

const optionNames: OptionNames<AdamOptions> = { ...momentOptionNames, weightDecay: true, decays: true };

/** Adam (Kingma & Ba 2015), as `torch.optim.Adam`, over named variables, with moments that can be saved and restored. */
export class AdamOptimizer extends MomentOptimizer {
  /** What a checkpoint calls it. */
  readonly kind = 'adam';

  /** `variables`: those that are trained, by name. Throws TypeError or RangeError for options out of range. */
  constructor(variables: ReadonlyMap<string, tf.Variable>, options: AdamOptions = {}) {
    requireOptions('AdamOptimizer', options, optionNames);
    const { weightDecay = 0, decays = 'all', ...moments } = options;
    super(variables, { who: 'AdamOptimizer', ...moments, weightDecay, decays });
  }

  protected override update(
    names: readonly string[],
    gradients: ReadonlyMap<string, tf.Tensor>,
    options: StepOptions,
  ): void {
    const { weightDecay = 0, gradientScale = 1 } = options;
    if (weightDecay === 0) {
      super.update(names, gradients, options);
      return;
    }
    const decayed = new Map(
      names.map((name) => {
        const gradient = this.gradientOf(name, gradients);
        return [name, coupledDecay(this.variables.get(name)!, gradient, { gradientScale, weightDecay })] as const;
      }),
    );
    super.update(names, decayed, { ...options, weightDecay: 0, gradientScale: 1 });
    tf.dispose([...decayed.values()]);
  }
}
