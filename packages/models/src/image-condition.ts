import type * as tf from '@tensorflow/tfjs-core';

/** The condition of a network that computes nothing of the images before it sees x_t: clones of them, [B, H, W, C]. */
export type ImageCondition = {
  /** Clones of the images, [B, H, W, C]. */
  readonly images: tf.Tensor4D;
};
