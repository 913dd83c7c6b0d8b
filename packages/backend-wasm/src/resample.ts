import type * as tf from '@tensorflow/tfjs-core';
import type { Call, Kernel } from './kernel.ts';

/** Nearest upsampling and sums over squares (average pooling is one with a scale). */
export const resampleKernels: readonly Kernel[] = [
  { name: 'MedsegUpsample', run: upsample },
  { name: 'MedsegSumPool', run: sumPool },
];

function upsample({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const x = inputs.x!;
  const { factor, scale } = attrs as { factor: number; scale: number };
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const y = heap.output([n, h * factor, w * factor, c]);
  heap.kernels.upsample(heap.at(x), heap.at(y), n * h, w, c, factor, scale);
  return y;
}

function sumPool({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const x = inputs.x!;
  const { factor, scale } = attrs as { factor: number; scale: number };
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const y = heap.output([n, h / factor, w / factor, c]);
  heap.kernels.sumPool(heap.at(x), heap.at(y), (n * h) / factor, w / factor, c, factor, scale);
  return y;
}
