import { type AdamWState, adamwEach, type AdamWOptions as StepOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';

export interface AdamWOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /** Decoupled weight decay; weights of one axis (biases, normalisations) are spared. */
  weightDecay?: number;
}

/** Weights that are updated before the next ones: all of them would be in memory twice. */
const TOGETHER = 64;

/** AdamW (Loshchilov & Hutter 2019) over named variables, with moments that can be saved and restored. */
export class AdamWOptimizer {
  readonly firstMoments: Map<string, tf.Tensor> = new Map();
  readonly secondMoments: Map<string, tf.Tensor> = new Map();
  step = 0;
  private readonly options: Required<AdamWOptions>;

  constructor(
    private readonly variables: ReadonlyMap<string, tf.Variable>,
    { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 1e-4 }: AdamWOptions = {},
  ) {
    this.options = { beta1, beta2, epsilon, weightDecay };
    for (const [name, variable] of variables) {
      this.firstMoments.set(name, tf.keep(tf.zeros(variable.shape)));
      this.secondMoments.set(name, tf.keep(tf.zeros(variable.shape)));
    }
  }

  /**
   * Updates every variable from its gradient times `gradientScale`; the gradients stay the caller's. `updated` is called
   * whenever some more variables have their new values.
   */
  apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    learningRate: number,
    { gradientScale = 1, updated = () => {} }: { gradientScale?: number; updated?(): void } = {},
  ): void {
    this.step++;
    const options = { ...this.options, learningRate, step: this.step, gradientScale };
    const names = [...this.variables.keys()];
    for (let from = 0; from < names.length; from += TOGETHER) {
      const some = names.slice(from, from + TOGETHER);
      for (const decays of [true, false]) {
        const alike = some.filter((name) => this.variables.get(name)!.rank > 1 === decays);
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

  dispose(): void {
    for (const moments of [this.firstMoments, this.secondMoments]) {
      for (const moment of moments.values()) moment.dispose();
      moments.clear();
    }
  }
}
