import * as tf from '@tensorflow/tfjs-core';

/** Number of values of all variables together. */
export function flatSize(variables: ReadonlyMap<string, tf.Tensor>): number {
  let size = 0;
  for (const variable of variables.values()) size += variable.size;
  return size;
}

/** Copies tensors into one array, in the order of `variables`. */
export function flatten(
  variables: ReadonlyMap<string, tf.Tensor>,
  tensors: ReadonlyMap<string, tf.Tensor>,
  flat: Float32Array,
): void {
  let at = 0;
  for (const [name, { size }] of variables) {
    flat.set(tensors.get(name)!.dataSync<'float32'>(), at);
    at += size;
  }
}

/** Makes tensors of one array, in the shapes of `variables`; the caller's. */
export function unflatten(variables: ReadonlyMap<string, tf.Tensor>, flat: Float32Array): Map<string, tf.Tensor> {
  const tensors = new Map<string, tf.Tensor>();
  const copy = flat.slice(); // some backends keep the array, some do not take shared memory
  let at = 0;
  for (const [name, { shape, size }] of variables) {
    tensors.set(name, tf.tensor(copy.subarray(at, at + size), shape));
    at += size;
  }
  return tensors;
}
