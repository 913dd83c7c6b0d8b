import * as tf from '@tensorflow/tfjs-core';

/** A gradient, scaled, plus the decay times its weight: L2 as PyTorch's Adam and SGD take it. A new tensor. */
export function coupledDecay(
  weight: tf.Tensor,
  gradient: tf.Tensor,
  { gradientScale, weightDecay }: { readonly gradientScale: number; readonly weightDecay: number },
): tf.Tensor {
  return tf.tidy(() => tf.add(tf.mul(gradient, gradientScale), tf.mul(weight, weightDecay)));
}
