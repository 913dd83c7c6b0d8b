import * as tf from '@tensorflow/tfjs-core';

export const images: tf.Tensor4D = tf.zeros([1, 8, 8, 1]);
export const condition: { anchor: tf.Tensor4D } = { anchor: tf.zeros([2, 8, 8, 3]) };
/** Its condition is the image. */
export const network: { encode(images: tf.Tensor4D): tf.Tensor4D } = { encode: tf.clone };
