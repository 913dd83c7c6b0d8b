import * as tf from '@tensorflow/tfjs-core';

/** Fills arrays with standard normal numbers, as a stream of `@medseg/random` does. */
export interface NormalSource {
  fillNormal(values: Float32Array): Float32Array;
}

/**
 * A tensor of standard normal numbers, drawn on the host, so that it is the same on every backend.
 *
 * @example const noise = normalTensor(createRandom(7), [2, 64, 64, 1]);
 */
export function normalTensor<R extends tf.Rank>(source: NormalSource, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  const values = new Float32Array(tf.util.sizeFromShape(shape as number[]));
  return tf.tensor<R>(source.fillNormal(values), shape, 'float32');
}
