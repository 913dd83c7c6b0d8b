import * as tf from '@tensorflow/tfjs-core';

/**
 * How the channels of mask logits are read. `channels`: each class by itself, sigmoid, so that regions may overlap.
 * `softmax`: the classes exclude each other, and a background class without a channel has the logit 0. With one channel
 * both are the same.
 */
export type ClassReading = 'channels' | 'softmax';

/**
 * Probability of each class from logits [B, H, W, K]; the same shape, without the background. A new tensor.
 *
 * @example const probability = probabilityOfLogits(logits, 'softmax');
 */
export function probabilityOfLogits(logits: tf.Tensor4D, classes: ClassReading = 'channels'): tf.Tensor4D {
  if (classes === 'channels' || logits.shape[3] === 1) return tf.sigmoid(logits);
  return tf.tidy(() => {
    const probability = tf.softmax(withBackground(logits));
    return tf.slice(probability, [0, 0, 0, 1], [-1, -1, -1, -1]);
  });
}

/**
 * The mask in [-1, 1] that logits stand for, 2 p - 1, which is what the diffusion process works on. A new tensor of the
 * same shape, [B, H, W, K].
 *
 * @example const x0 = maskOfLogits(logits);
 */
export function maskOfLogits(logits: tf.Tensor4D, classes: ClassReading = 'channels'): tf.Tensor4D {
  return tf.tidy(() => {
    // The same number as through the sigmoid, in one operation.
    if (classes === 'channels' || logits.shape[3] === 1) return tf.tanh(tf.mul<tf.Tensor4D>(logits, 0.5));
    return tf.sub<tf.Tensor4D>(tf.mul(probabilityOfLogits(logits, classes), 2), 1);
  });
}

/** Logits with the background's, 0, before them: [B, H, W, 1 + K]. */
export function withBackground(logits: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width] = logits.shape;
  return tf.tidy(() => tf.concat([tf.zeros([batch, height, width, 1]), logits], 3) as tf.Tensor4D);
}
