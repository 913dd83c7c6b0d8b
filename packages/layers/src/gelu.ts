import * as tf from '@tensorflow/tfjs-core';

/** Gaussian error linear unit, x Φ(x), by the error function (Hendrycks & Gimpel 2016, section 2). Any shape. */
export function gelu<T extends tf.Tensor>(x: T): T {
  return tf.tidy(() => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)) as T);
}
