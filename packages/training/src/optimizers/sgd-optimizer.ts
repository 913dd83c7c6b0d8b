import { requireObject } from '@medseg/arguments';
import { type OptionNames, requireOneOf, requireOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { requireNumber } from '../require-number.ts';
import { coupledDecay } from './coupled-decay.ts';
import { type ApplyOptions, applyOptionNames, type Decays, type Optimizer, TOGETHER } from './optimizer.ts';

/** Options of {@link SgdOptimizer}. */
export interface SgdOptions {
  /** Share of the last update's direction that the next one keeps. Default 0.9. */
  momentum?: number;
  /** Added to the gradient as this times the weight (L2), before the momentum, as in PyTorch's SGD. Default 0. */
  weightDecay?: number;
  /** Which weights decay: all, or those of two axes or more. Default 'all'. */
  decays?: Decays;
}

const optionNames: OptionNames<SgdOptions> = { momentum: true, weightDecay: true, decays: true };

/**
 * Stochastic gradient descent with momentum (Sutskever et al. 2013), as `torch.optim.SGD` without dampening and Nesterov's
 * look-ahead, over named variables, with velocities that can be saved and restored.
 */
export class SgdOptimizer implements Optimizer {
  /** What a checkpoint calls it. */
  readonly kind = 'sgd';
  /** Sums of past gradients by the variables' names; owned by this object. Empty without momentum. */
  readonly velocities: Map<string, tf.Tensor> = new Map();
  /** The velocities, as a checkpoint names them; none without momentum. */
  readonly state: Readonly<Record<string, Map<string, tf.Tensor>>>;
  /** Steps done. */
  step = 0;
  private readonly momentum: number;
  private readonly weightDecay: number;
  private readonly decaysAll: boolean;

  /** `variables`: those that are trained, by name. Throws TypeError or RangeError for options out of range. */
  constructor(
    private readonly variables: ReadonlyMap<string, tf.Variable>,
    options: SgdOptions = {},
  ) {
    requireObject('SgdOptimizer: variables', variables, ['get', 'size']);
    requireOptions('SgdOptimizer', options, optionNames);
    const { momentum = 0.9, weightDecay = 0, decays = 'all' } = options;
    requireNumber('SgdOptimizer: momentum', momentum, { below: 1 });
    requireNumber('SgdOptimizer: weightDecay', weightDecay, {});
    requireOneOf('SgdOptimizer: decays', decays, ['matrices', 'all']);
    this.momentum = momentum;
    this.weightDecay = weightDecay;
    this.decaysAll = decays === 'all';
    this.state = momentum > 0 ? { velocity: this.velocities } : {};
    if (momentum === 0) return;
    for (const [name, { shape }] of variables) this.velocities.set(name, tf.keep(tf.zeros(shape)));
  }

  /**
   * Updates every variable from its gradient times `gradientScale`; the gradients stay the caller's. `updated` is called
   * whenever some more variables have their new values.
   */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, given: ApplyOptions = {}): void {
    requireOptions('SgdOptimizer.apply', given, applyOptionNames);
    const { gradientScale = 1, updated = () => {} } = given;
    this.step++;
    let count = 0;
    for (const [name, variable] of this.variables) {
      const gradient = gradients.get(name);
      if (gradient === undefined) throw new RangeError(`SgdOptimizer: no gradient for ${name}`);
      tf.tidy(() => {
        const weightDecay = this.decaysAll || variable.rank > 1 ? this.weightDecay : 0;
        const decayed = coupledDecay(variable, gradient, { gradientScale, weightDecay });
        const direction = this.momentum > 0 ? this.follow(name, decayed) : decayed;
        variable.assign(tf.sub(variable, tf.mul(direction, learningRate)));
      });
      if (++count % TOGETHER === 0 || count === this.variables.size) updated();
    }
  }

  /** The velocity of a variable, moved along a gradient. */
  private follow(name: string, gradient: tf.Tensor): tf.Tensor {
    const before = this.velocities.get(name)!;
    const next = tf.keep(tf.add(tf.mul(before, this.momentum), gradient));
    before.dispose();
    this.velocities.set(name, next);
    return next;
  }

  /** Disposes the velocities; the variables stay. */
  dispose(): void {
    for (const velocity of this.velocities.values()) velocity.dispose();
    this.velocities.clear();
  }
}
