import { requireList } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { hasKernel, runKernelSingle } from './fused.ts';

/**
 * Sum of the squares of all elements of all tensors, read back to the host; summed in a fixed order, so the same
 * tensors give the same number.
 *
 * @example const total = sumOfSquares([tf.tensor1d([3]), tf.tensor1d([4])]); // 25
 */
export function sumOfSquares(tensors: readonly tf.Tensor[]): number {
  requireList('sumOfSquares: tensors', tensors);
  if (tensors.length === 0) return 0;
  return tf.tidy(() => {
    if (hasKernel('MedsegSumOfSquares')) {
      const inputs = Object.fromEntries(tensors.map((tensor, i) => [`x${i}`, tensor]));
      return runKernelSingle('MedsegSumOfSquares', inputs).dataSync()[0]!;
    }
    const sums = tf.stack(tensors.map((tensor) => tf.sum(tf.square(tensor)))).dataSync<'float32'>();
    return sums.reduce((total, value) => total + value, 0);
  });
}

/**
 * Euclidean norm of all tensors taken as one vector, as gradient clipping needs it (Pascanu et al. 2013, algorithm 1).
 *
 * @example const scale = Math.min(1, 1 / globalNorm(gradients));
 */
export function globalNorm(tensors: readonly tf.Tensor[]): number {
  requireList('globalNorm: tensors', tensors);
  return Math.sqrt(sumOfSquares(tensors));
}
