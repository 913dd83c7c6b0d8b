import * as tf from '@tensorflow/tfjs-core';

/** Standard normal values from a seed, the same on every backend. */
export function randomTensor<R extends tf.Rank>(shape: tf.ShapeMap[R], seed = 1): tf.Tensor<R> {
  const size = (shape as number[]).reduce((a, b) => a * b, 1);
  let state = (seed * 2654435761) >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 4294967296;
  };
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    values[i] = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  return tf.tensor<R>(values, shape, 'float32');
}
