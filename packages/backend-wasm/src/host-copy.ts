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
  return filled(attrs.shapes as unknown as number[][], attrs.source as unknown as Float32Array, heap);
}

function addValues({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const tensors = Object.values(inputs);
  const shapes = tensors.map(({ shape }) => shape);
  return filled(shapes, attrs.source as unknown as Float32Array, heap, (sum, i) =>
    heap.kernels.addTo(heap.at(tensors[i]!), heap.at(sum), tf.util.sizeFromShape(sum.shape)),
  );
}

/** New tensors with the values of `source`; `then` sees each while it is still in the cache. */
function filled(
  shapes: readonly number[][],
  source: Float32Array,
  heap: Call['heap'],
  then?: (tensor: tf.TensorInfo, i: number) => void,
): tf.TensorInfo[] {
  let at = 0;
  return shapes.map((shape, i) => {
    const tensor = heap.output([...shape]);
    const values = heap.view(tensor);
    values.set(source.subarray(at, at + values.length));
    at += values.length;
    then?.(tensor, i);
    return tensor;
  });
}
