import * as tf from '@tensorflow/tfjs-core';
import { requireOneOf } from '../schedule/check.ts';

/**
 * How mask logits become probabilities. `sigmoid`: each class by itself, so that regions may overlap. `softmax`: the
 * classes exclude each other, and a background class without a channel has the logit 0. With one channel both are the
 * same.
 */
export type Activation = 'sigmoid' | 'softmax';

/**
 * Probability of each class from logits [B, ..., K]; the same shape, without the background. A new tensor.
 *
 * @example const probability = probabilityOfLogits(logits, 'softmax');
 */
export function probabilityOfLogits<T extends tf.Tensor>(logits: T, activation: Activation = 'sigmoid'): T {
  requireOneOf('probabilityOfLogits: activation', activation, ['sigmoid', 'softmax']);
  if (activation === 'sigmoid' || logits.shape.at(-1) === 1) return tf.sigmoid(logits);
  return tf.tidy(() => {
    const probability = tf.softmax(withBackground(logits));
    const last = logits.rank - 1;
    return tf.slice(
      probability,
      logits.shape.map((_, axis) => (axis === last ? 1 : 0)),
      logits.shape.map(() => -1),
    ) as T;
  });
}

/**
 * The mask in [-1, 1] that logits stand for, 2 p - 1, which is what the diffusion process works on. A new tensor of the
 * same shape, [B, ..., K].
 *
 * @example const x0 = maskOfLogits(logits);
 */
export function maskOfLogits<T extends tf.Tensor>(logits: T, activation: Activation = 'sigmoid'): T {
  return tf.tidy(() => {
    // The same number as through the sigmoid, in one operation.
    if (activation === 'sigmoid' || logits.shape.at(-1) === 1) return tf.tanh(tf.mul<T>(logits, 0.5));
    return tf.sub<T>(tf.mul(probabilityOfLogits(logits, activation), 2), 1);
  });
}

/** Logits with the background's, 0, before them: [B, ..., 1 + K]. */
export function withBackground<T extends tf.Tensor>(logits: T): T {
  return tf.tidy(() => tf.concat([tf.zeros([...logits.shape.slice(0, -1), 1]), logits], logits.rank - 1) as T);
}
