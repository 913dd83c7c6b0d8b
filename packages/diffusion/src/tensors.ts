import { requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';

/** One tensor of a weighted sum and its weight. */
export type Term = readonly [weight: number, tensor: tf.Tensor4D];

/** The weighted sum of tensors of one shape, in a new tensor; terms of weight 0 are left out. */
export function combine(...terms: readonly Term[]): tf.Tensor4D {
  return tf.tidy(() => {
    let sum: tf.Tensor4D | undefined;
    for (const [weight, tensor] of terms) {
      if (weight === 0) continue;
      const scaled = weight === 1 ? tensor : tf.mul<tf.Tensor4D>(tensor, weight);
      sum = sum === undefined ? scaled : tf.add<tf.Tensor4D>(sum, scaled);
    }
    if (sum === undefined) return tf.zeros<tf.Rank.R4>(terms[0]![1].shape);
    return terms.some(([, tensor]) => tensor === sum) ? tf.clone(sum) : sum;
  });
}

/** One number a sample, host-side float64, as a tensor [B, 1, 1, 1] that broadcasts over images. */
export function perSample(values: ArrayLike<number>): tf.Tensor4D {
  return tf.tensor4d(Float32Array.from(values), [values.length, 1, 1, 1]);
}

/** Throws a RangeError unless two tensors have the same shape. */
export function requireSameShape<T extends tf.Tensor>(
  what: string,
  actual: tf.Tensor,
  expected: T,
): asserts actual is T {
  requireTensor(what, actual, '[..., C]');
  if (actual.shape.length !== expected.shape.length || actual.shape.some((size, i) => size !== expected.shape[i])) {
    throw new RangeError(`${what} must have the shape [${expected.shape}], got [${actual.shape}]`);
  }
}
