import * as tf from '@tensorflow/tfjs-core';

/** A kept tensor with data of its own: `clone` would share the original's, which a variable overwrites. */
export function copyTensor(tensor: tf.Tensor): tf.Tensor {
  return tf.keep(tf.tensor(tensor.dataSync().slice(), tensor.shape, tensor.dtype));
}
