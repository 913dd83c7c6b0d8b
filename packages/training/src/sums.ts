import * as tf from '@tensorflow/tfjs-core';

/** Sums of the tensors of the same name; all that is given is disposed. */
export function sumOfTensors(
  tensors: ReadonlyMap<string, tf.Tensor>,
  others: ReadonlyMap<string, tf.Tensor>,
): Map<string, tf.Tensor> {
  const sums = new Map([...tensors].map(([name, tensor]) => [name, tf.add(tensor, others.get(name)!)]));
  tf.dispose([...tensors.values(), ...others.values()]);
  return sums;
}

/** Arrays one behind the other. */
export function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const array of arrays) {
    all.set(array, start);
    start += array.length;
  }
  return all;
}
