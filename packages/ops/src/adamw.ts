import * as tf from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './fused.ts';

export interface AdamWOptions {
  learningRate: number;
  /** Decay of the mean of gradients, by default 0.9. */
  beta1?: number;
  /** Decay of the mean of squared gradients, by default 0.999. */
  beta2?: number;
  epsilon?: number;
  /** Decoupled: the parameter shrinks by learningRate * weightDecay a step. By default 0. */
  weightDecay?: number;
  /** Number of this step, from 1 on, for the bias correction. */
  step: number;
  /** The gradient is multiplied by it first: what clipping by global norm asks for. */
  gradientScale?: number;
}

/**
 * One AdamW step (Loshchilov & Hutter 2019, algorithm 2, with PyTorch's placing of epsilon and decay); returns new
 * tensors [param, m, v] and leaves the given ones alone. All four share one shape; m and v start at zero.
 * Throws RangeError when shapes differ or step is not a whole number from 1 on.
 *
 * @example const [p, m, v] = adamw(param, grad, m0, v0, { learningRate: 1e-3, step: 1 });
 */
export function adamw<T extends tf.Tensor>(
  param: T,
  grad: tf.Tensor,
  m: tf.Tensor,
  v: tf.Tensor,
  options: AdamWOptions,
): [T, T, T] {
  const {
    learningRate,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
    step,
    gradientScale = 1,
  } = options;
  for (const [name, tensor] of Object.entries({ grad, m, v })) {
    if (!tf.util.arraysEqual(tensor.shape, param.shape)) {
      throw new RangeError(`adamw: ${name} must be [${param.shape}] as the parameter, got [${tensor.shape}]`);
    }
  }
  if (!(Number.isInteger(step) && step >= 1)) throw new RangeError(`adamw: step must count from 1, got ${step}`);
  const stepSize = learningRate / (1 - beta1 ** step);
  const variance = 1 / (1 - beta2 ** step);
  const decay = 1 - learningRate * weightDecay;
  if (hasKernel('MedsegAdamW')) {
    const attrs = { stepSize, variance, decay, beta1, beta2, epsilon, gradientScale };
    return runKernel('MedsegAdamW', { param, grad, m, v }, attrs) as [T, T, T];
  }
  return tf.tidy(() => {
    const g = tf.mul(grad, gradientScale);
    const nextM = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
    const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
    const update = tf.div(tf.mul(nextM, stepSize), tf.add(tf.sqrt(tf.mul(nextV, variance)), epsilon));
    return [tf.sub(tf.mul(param, decay), update), nextM, nextV] as [T, T, T];
  });
}
