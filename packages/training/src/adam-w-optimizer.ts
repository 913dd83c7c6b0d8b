import { requireObject } from '@medseg/arguments';
import {
  type AdamWState,
  adamwEach,
  type OptionNames,
  requireOneOf,
  requireOptions,
  type AdamWOptions as StepOptions,
} from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { requireNumber } from './require-number.ts';

/** Options of {@link AdamWOptimizer}. */
export interface AdamWOptions {
  /** Decay of the mean of gradients. Default 0.9. */
  beta1?: number;
  /** Decay of the mean of squared gradients. Default 0.999. */
  beta2?: number;
  /** Added to the root of the mean of squared gradients. Default 1e-8. */
  epsilon?: number;
  /** Decoupled weight decay. Default 1e-4. */
  weightDecay?: number;
  /**
   * Which weights decay: those of two axes or more, so that biases and normalisations are spared, or all, as in PyTorch's
   * AdamW. Default 'matrices'.
   */
  decays?: 'matrices' | 'all';
}

export const adamWOptionNames: OptionNames<AdamWOptions> = {
  beta1: true,
  beta2: true,
  epsilon: true,
  weightDecay: true,
  decays: true,
};

/** Weights that are updated before the next ones: all of them would be in memory twice. */
const TOGETHER = 64;

/** Options of {@link AdamWOptimizer.apply}. */
export interface ApplyOptions {
  /** The gradients are multiplied by it first. Default 1. */
  gradientScale?: number;
  /** Called whenever some more variables have their new values. Default nothing. */
  updated?(): void;
}

const applyOptionNames: OptionNames<ApplyOptions> = { gradientScale: true, updated: true };

/** AdamW (Loshchilov & Hutter 2019) over named variables, with moments that can be saved and restored. */
export class AdamWOptimizer {
  /** Means of the gradients by the variables' names; owned by this object. */
  readonly firstMoments: Map<string, tf.Tensor> = new Map();
  /** Means of the squared gradients by the variables' names; owned by this object. */
  readonly secondMoments: Map<string, tf.Tensor> = new Map();
  /** Steps done; the bias correction counts them. */
  step = 0;
  private readonly options: Required<Omit<AdamWOptions, 'decays'>>;
  private readonly decaysAll: boolean;

  /** `variables`: those that are trained, by name. Throws TypeError or RangeError for options out of range. */
  constructor(
    private readonly variables: ReadonlyMap<string, tf.Variable>,
    options: AdamWOptions = {},
  ) {
    requireObject('AdamWOptimizer: variables', variables, ['get', 'size']);
    requireOptions('AdamWOptimizer', options, adamWOptionNames);
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 1e-4, decays = 'matrices' } = options;
    requireNumber('AdamWOptimizer: beta1', beta1, { below: 1 });
    requireNumber('AdamWOptimizer: beta2', beta2, { below: 1 });
    requireNumber('AdamWOptimizer: epsilon', epsilon, {});
    requireNumber('AdamWOptimizer: weightDecay', weightDecay, {});
    requireOneOf('AdamWOptimizer: decays', decays, ['matrices', 'all']);
    this.options = { beta1, beta2, epsilon, weightDecay };
    this.decaysAll = decays === 'all';
    for (const [name, variable] of variables) {
      this.firstMoments.set(name, tf.keep(tf.zeros(variable.shape)));
      this.secondMoments.set(name, tf.keep(tf.zeros(variable.shape)));
    }
  }

  /**
   * Updates every variable from its gradient times `gradientScale`; the gradients stay the caller's. `updated` is called
   * whenever some more variables have their new values.
   */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, given: ApplyOptions = {}): void {
    requireOptions('AdamWOptimizer.apply', given, applyOptionNames);
    const { gradientScale = 1, updated = () => {} } = given;
    this.step++;
    const options = { ...this.options, learningRate, step: this.step, gradientScale };
    const names = [...this.variables.keys()];
    for (let from = 0; from < names.length; from += TOGETHER) {
      const some = names.slice(from, from + TOGETHER);
      for (const decays of [true, false]) {
        const alike = some.filter((name) => (this.decaysAll || this.variables.get(name)!.rank > 1) === decays);
        this.update(alike, gradients, decays ? options : { ...options, weightDecay: 0 });
      }
      updated();
    }
  }

  private update(names: readonly string[], gradients: ReadonlyMap<string, tf.Tensor>, options: StepOptions): void {
    const states = names.map((name): AdamWState => {
      const grad = gradients.get(name);
      if (grad === undefined) throw new RangeError(`AdamWOptimizer: no gradient for ${name}`);
      return {
        param: this.variables.get(name)!,
        grad,
        m: this.firstMoments.get(name)!,
        v: this.secondMoments.get(name)!,
      };
    });
    for (const [i, [updated, first, second]] of adamwEach(states, { ...options, reuse: true }).entries()) {
      const name = names[i]!;
      this.variables.get(name)!.assign(updated);
      updated.dispose();
      this.firstMoments.set(name, tf.keep(first));
      this.secondMoments.set(name, tf.keep(second));
    }
  }

  /** Disposes the means; the variables stay. */
  dispose(): void {
    for (const moments of [this.firstMoments, this.secondMoments]) {
      for (const moment of moments.values()) moment.dispose();
      moments.clear();
    }
  }
}
