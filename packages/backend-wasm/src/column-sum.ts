import * as tf from '@tensorflow/tfjs-core';
import type { Heap } from './heap.ts';

/** Sums over all axes but the last, [channels]: the gradient of a bias. */
export function columnSum(heap: Heap, x: tf.TensorInfo): tf.TensorInfo {
  const channels = x.shape[x.shape.length - 1]!;
  const y = heap.output([channels]);
  heap.kernels.columnSum(heap.at(x), heap.at(y), tf.util.sizeFromShape(x.shape.slice(0, -1)), channels);
  return y;
}
