import * as tf from '@tensorflow/tfjs-core';
import type { Call, Kernel } from './kernel.ts';

/** Max pooling's gradient, wrong in tfjs's wasm backend, and gather's, missing there. */
export const poolKernels: readonly Kernel[] = [
  { name: 'MaxPoolGrad', run: maxPoolGradient },
  { name: 'UnsortedSegmentSum', run: segmentSum },
];

interface PoolAttrs {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: 'same' | 'valid' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function maxPoolGradient({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const [x, dy] = [inputs.input!, inputs.dy!];
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttrs;
  const shape = x.shape as [number, number, number, number];
  const g = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const dx = heap.output(x.shape);
  heap.kernels.maxPoolGradient(
    ...[x, dy, dx].map(heap.at),
    ...[g.batchSize, g.inHeight, g.inWidth, g.inChannels, g.outHeight, g.outWidth],
    ...[g.filterHeight, g.filterWidth, g.strideHeight, g.strideWidth, g.dilationHeight, g.dilationWidth],
    ...[g.padInfo.top, g.padInfo.left],
  );
  return dx;
}

function segmentSum({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const [x, ids] = [inputs.x!, inputs.segmentIds!];
  const segments = attrs.numSegments as number;
  if (ids.shape.length !== 1 || ids.dtype !== 'int32') {
    throw new RangeError(`UnsortedSegmentSum: segment ids must be int32 [N], got ${ids.dtype} [${ids.shape}]`);
  }
  const [rows, ...rest] = x.shape as [number, ...number[]];
  const y = heap.output([segments, ...rest]);
  heap.kernels.segmentSum(heap.at(x), heap.address(ids), heap.at(y), rows, tf.util.sizeFromShape(rest), segments);
  return y;
}
