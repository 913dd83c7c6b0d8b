import * as tf from '@tensorflow/tfjs-core';
import type { Call, Kernel } from './kernel.ts';

/** The gradients of depthwise convolution, which tfjs's wasm backend lacks. */
export const depthwiseKernels: readonly Kernel[] = [
  { name: 'DepthwiseConv2dNativeBackpropFilter', run: filterGradient },
  { name: 'DepthwiseConv2dNativeBackpropInput', run: inputGradient },
];

interface DepthwiseAttrs {
  strides: number | [number, number];
  dilations?: number | [number, number];
  pad: 'same' | 'valid' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function filterGradient({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const [x, dy] = [inputs.x!, inputs.dy!];
  const shape = attrs.filterShape as number[];
  const dw = heap.output(shape);
  heap.kernels.depthwiseFilterGradient(heap.at(x), heap.at(dy), heap.at(dw), ...sizes(x.shape, shape, attrs));
  return dw;
}

function inputGradient({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const [dy, filter] = [inputs.dy!, inputs.filter!];
  const shape = attrs.inputShape as number[];
  const dx = heap.output(shape);
  heap.kernels.depthwiseInputGradient(heap.at(dy), heap.at(filter), heap.at(dx), ...sizes(shape, filter.shape, attrs));
  return dx;
}

function sizes(x: number[], filter: number[], attrs: tf.NamedAttrMap): number[] {
  const { strides, dilations = 1, pad, dimRoundingMode } = attrs as unknown as DepthwiseAttrs;
  const g = tf.backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
  return [
    ...[g.batchSize, g.inHeight, g.inWidth, g.inChannels, g.outHeight, g.outWidth, filter[3]!],
    ...[g.filterHeight, g.filterWidth, g.strideHeight, g.strideWidth, g.dilationHeight, g.dilationWidth],
    ...[g.padInfo.top, g.padInfo.left],
  ];
}
