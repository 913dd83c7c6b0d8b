import * as tf from '@tensorflow/tfjs-core';
import type { Call, Kernel } from './kernel.ts';

/** The gradients of pooling, wrong in tfjs (average pooling: at padded borders), and gather's, missing in its wasm backend. */
export const poolKernels: readonly Kernel[] = [
  { name: 'MaxPoolGrad', run: maxPoolGradient },
  { name: 'AvgPoolGrad', run: averagePoolGradient },
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
  const g = geometry(x, attrs);
  const dx = heap.output(x.shape);
  const dilations = [g.dilationHeight, g.dilationWidth];
  heap.kernels.maxPoolGradient(...[x, dy, dx].map(heap.at), ...sizes(g), ...dilations, g.padInfo.top, g.padInfo.left);
  return dx;
}

function averagePoolGradient({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const [x, dy] = [inputs.input!, inputs.dy!];
  const g = geometry(x, attrs);
  const dx = heap.output(x.shape);
  heap.kernels.averagePoolGradient(heap.at(dy), heap.at(dx), ...sizes(g), g.padInfo.top, g.padInfo.left);
  return dx;
}

function geometry(x: tf.TensorInfo, attrs: tf.NamedAttrMap): tf.backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttrs;
  const shape = x.shape as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
}

function sizes(g: tf.backend_util.Conv2DInfo): number[] {
  return [
    ...[g.batchSize, g.inHeight, g.inWidth, g.inChannels, g.outHeight, g.outWidth],
    ...[g.filterHeight, g.filterWidth, g.strideHeight, g.strideWidth],
  ];
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
