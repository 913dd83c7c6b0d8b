import { adamw } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';

export interface AdamWOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /** Decoupled weight decay; weights of one axis (biases, normalisations) are spared. */
  weightDecay?: number;
}

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

  /** Updates every variable from its gradient times `gradientScale`; the gradients stay the caller's. */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number, gradientScale = 1): void {
    this.step++;
    for (const [name, variable] of this.variables) {
      const gradient = gradients.get(name);
      if (gradient === undefined) throw new RangeError(`AdamWOptimizer: no gradient for ${name}`);
      const m = this.firstMoments.get(name)!;
      const v = this.secondMoments.get(name)!;
      const [updated, first, second] = adamw(variable, gradient, m, v, {
        ...this.options,
        weightDecay: variable.rank > 1 ? this.options.weightDecay : 0,
        learningRate,
        step: this.step,
        gradientScale,
      });
      variable.assign(updated);
      tf.dispose([updated, m, v]);
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
