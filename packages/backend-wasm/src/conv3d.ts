import * as tf from '@tensorflow/tfjs-core';
import type { Call, Kernel } from './kernel.ts';

/** The gradients of 3-D convolution: those of tfjs's wasm backend are wrong at a stride above 1. */
export const conv3dKernels: readonly Kernel[] = [
  { name: 'Conv3DBackpropInputV2', run: inputGradient },
  { name: 'Conv3DBackpropFilterV2', run: filterGradient },
];

function inputGradient({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const [dy, filter] = [inputs.dy!, inputs.filter!];
  const shape = attrs.inputShape as number[];
  const dx = heap.output(shape);
  heap.kernels.conv3dInputGradient(heap.at(dy), heap.at(filter), heap.at(dx), ...sizes(shape, filter.shape, attrs));
  return dx;
}

function filterGradient({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const [x, dy] = [inputs.x!, inputs.dy!];
  const shape = attrs.filterShape as number[];
  const dw = heap.output(shape);
  heap.kernels.conv3dFilterGradient(heap.at(x), heap.at(dy), heap.at(dw), ...sizes(x.shape, shape, attrs));
  return dw;
}

type Shape5D = [number, number, number, number, number];

function sizes(x: number[], filter: number[], attrs: tf.NamedAttrMap): number[] {
  const { strides, pad } = attrs as unknown as { strides: number | [number, number, number]; pad: 'same' | 'valid' };
  const g = tf.backend_util.computeConv3DInfo(x as Shape5D, filter as Shape5D, strides, 1, pad);
  return [
    ...[g.batchSize, g.inDepth, g.inHeight, g.inWidth, g.inChannels],
    ...[g.outDepth, g.outHeight, g.outWidth, g.outChannels],
    ...[g.filterDepth, g.filterHeight, g.filterWidth, g.strideDepth, g.strideHeight, g.strideWidth],
    ...[g.padInfo.front, g.padInfo.top, g.padInfo.left],
  ];
}
