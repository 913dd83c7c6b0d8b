import * as tf from '@tensorflow/tfjs-core';
import type { Call, Kernel } from './kernel.ts';

/** Copies between the heap and arrays of the host, which may be shared memory, without another in between. */
export const hostCopyKernels: readonly Kernel[] = [
  { name: 'MedsegRead', run: read },
  { name: 'MedsegWrite', run: write },
  { name: 'MedsegAddValues', run: addValues },
];

function read({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const target = attrs.target as unknown as Float32Array;
  let at = 0;
  for (const tensor of Object.values(inputs)) {
    const values = heap.view(tensor);
    target.set(values, at);
    at += values.length;
  }
  return [];
}

function write({ attrs, heap }: Call): tf.TensorInfo[] {
  const source = attrs.source as unknown as Float32Array;
  let at = 0;
  return (attrs.shapes as unknown as number[][]).map((shape) => {
    const tensor = heap.output([...shape]);
    const values = heap.view(tensor);
    values.set(source.subarray(at, at + values.length));
    at += values.length;
    return tensor;
  });
}

/** Values that are copied and added before the next ones: they are still in the cache. */
const CHUNK = 1 << 14;

function addValues({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const source = attrs.source as unknown as Float32Array;
  const chunk = heap.output([CHUNK]);
  let from = 0;
  const sums = Object.values(inputs).map((tensor) => {
    const sum = attrs.reuse && heap.alone(tensor) ? heap.share(tensor, tensor.shape) : heap.output(tensor.shape);
    const size = tf.util.sizeFromShape(tensor.shape);
    for (let at = 0; at < size; at += CHUNK) {
      const values = source.subarray(from + at, from + Math.min(size, at + CHUNK));
      heap.view(chunk).set(values);
      heap.kernels.add(heap.at(tensor) + 4 * at, heap.at(chunk), heap.at(sum) + 4 * at, values.length);
    }
    from += size;
    return sum;
  });
  heap.backend.disposeData(chunk.dataId);
  return sums;
}
