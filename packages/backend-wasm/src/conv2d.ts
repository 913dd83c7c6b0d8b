import * as tf from '@tensorflow/tfjs-core';
import { type ActivationAttrs, activate } from './activation.ts';
import { columnSum } from './column-sum.ts';
import type { Heap } from './heap.ts';
import type { Call, Kernel } from './kernel.ts';

interface ConvAttrs extends ActivationAttrs {
  strides: number | [number, number];
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  dilations?: number | [number, number];
  dataFormat?: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** 2-D convolution and its gradients: any filter size, stride and padding; dilation in the forward direction. */
export const conv2dKernels: readonly Kernel[] = [
  { name: 'Conv2D', run: ({ inputs, attrs, heap }) => forward(heap, inputs.x!, inputs.filter!, undefined, attrs) },
  { name: 'FusedConv2D', run: fusedConv2d },
  { name: 'MedsegConv2D', run: withAdditions },
  { name: 'MedsegConv2DGrad', run: gradients },
  { name: 'Conv2DBackpropInput', run: inputGradient },
  { name: 'Conv2DBackpropFilter', run: filterGradient },
];

function forward(
  heap: Heap,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  bias: tf.TensorInfo | undefined,
  attrs: tf.NamedAttrMap,
): tf.TensorInfo {
  const g = geometry('Conv2D', x.shape, filter.shape, attrs);
  if (g.inChannels !== filter.shape[2]) {
    throw new RangeError(`Conv2D: filter [${filter.shape}] does not take the ${g.inChannels} channels of [${x.shape}]`);
  }
  const y = heap.output(g.outShape);
  const start = bias ? heap.at(bias) : 0;
  const pads = [g.dilationHeight, g.dilationWidth, g.padInfo.top, g.padInfo.left];
  heap.kernels.convForward(heap.at(x), heap.at(filter), start, heap.at(y), ...sizes(g), ...pads);
  return y;
}

function fusedConv2d({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const filter = inputs.filter!;
  const bias = inputs.bias;
  if (bias && tf.util.sizeFromShape(bias.shape) !== filter.shape[3]) {
    throw new RangeError(`FusedConv2D: bias must hold ${filter.shape[3]} values, got [${bias.shape}]`);
  }
  const y = forward(heap, inputs.x!, filter, bias, attrs);
  return activate(heap, y, inputs.preluActivationWeights, attrs as unknown as ActivationAttrs);
}

/** With `offset` [B, Cout] added to the pixels of each sample, and `plus` to the whole. */
function withAdditions({ inputs: { x, filter, bias, offset, plus }, attrs, heap }: Call): tf.TensorInfo {
  const y = forward(heap, x!, filter!, bias, attrs);
  if (offset) {
    eachSample(y, (sample, at, pixels, channels) =>
      heap.kernels.addRow(heap.at(y) + at, heap.at(offset) + 4 * sample * channels, pixels, channels),
    );
  }
  if (plus) heap.kernels.add(heap.at(y), heap.at(plus), heap.at(y), tf.util.sizeFromShape(y.shape));
  return y;
}

/** Calls `work` with the number of each sample of a map, its first byte, its pixels and channels. */
function eachSample(
  { shape }: tf.TensorInfo,
  work: (sample: number, at: number, pixels: number, channels: number) => void,
): void {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const pixels = height * width;
  for (let sample = 0; sample < batch; sample++) work(sample, 4 * sample * pixels * channels, pixels, channels);
}

/** The gradients that `wanted` names, in its order. */
function gradients(call: Call): tf.TensorInfo[] {
  const { x, filter, dy } = call.inputs as Record<'x' | 'filter' | 'dy', tf.TensorInfo>;
  const { attrs, heap } = call;
  const [batch, , , channels] = dy.shape as [number, number, number, number];
  const made: Record<string, () => tf.TensorInfo> = {
    x: () => inputGradient({ ...call, inputs: { dy, filter }, attrs: { ...attrs, inputShape: x.shape } }),
    filter: () => filterGradient({ ...call, inputs: { x, dy }, attrs: { ...attrs, filterShape: filter.shape } }),
    bias: () => columnSum(heap, dy),
    offset: () => {
      const sums = heap.output([batch, channels]);
      eachSample(dy, (sample, at, pixels) =>
        heap.kernels.columnSum(heap.at(dy) + at, heap.at(sums) + 4 * sample * channels, pixels, channels),
      );
      return sums;
    },
  };
  return (attrs.wanted as unknown as string[]).map((name) => made[name]!());
}

function inputGradient({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const [dy, filter] = [inputs.dy!, inputs.filter!];
  const shape = attrs.inputShape as number[];
  const g = geometry('Conv2DBackpropInput', shape, filter.shape, attrs);
  refuseDilation('Conv2DBackpropInput', g);
  const dx = heap.output(shape);
  const pads = [g.padInfo.top, g.padInfo.left];
  heap.kernels.convInputGradient(heap.at(dy), heap.at(filter), heap.at(dx), ...sizes(g), ...pads);
  return dx;
}

function filterGradient({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const [x, dy] = [inputs.x!, inputs.dy!];
  const shape = attrs.filterShape as number[];
  const g = geometry('Conv2DBackpropFilter', x.shape, shape, attrs);
  refuseDilation('Conv2DBackpropFilter', g);
  const dw = heap.output(shape);
  const pads = [g.padInfo.top, g.padInfo.left];
  heap.kernels.convFilterGradient(heap.at(x), heap.at(dy), heap.at(dw), ...sizes(g), ...pads);
  return dw;
}

function geometry(kernel: string, x: number[], filter: number[], attrs: tf.NamedAttrMap): tf.backend_util.Conv2DInfo {
  const { strides, pad, dilations = 1, dataFormat, dimRoundingMode } = attrs as unknown as ConvAttrs;
  if (dataFormat === 'NCHW') throw new RangeError(`${kernel}: the wasm backend takes NHWC, got NCHW`);
  // tfjs computes the width of a filter that is not square from its height when padding is one number.
  const side: [number, number] = [Number(pad), Number(pad)];
  return tf.backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations,
    typeof pad === 'number' ? [[0, 0], side, side, [0, 0]] : pad,
    dimRoundingMode,
  );
}

function refuseDilation(kernel: string, g: tf.backend_util.Conv2DInfo): void {
  if (g.dilationHeight > 1 || g.dilationWidth > 1) {
    throw new RangeError(`${kernel}: dilation must be 1, got ${g.dilationHeight}x${g.dilationWidth}`);
  }
}

/** n, h, w, cin, ho, wo, cout, kh, kw, strides: the middle of each kernel's arguments. */
function sizes(g: tf.backend_util.Conv2DInfo): number[] {
  return [
    g.batchSize,
    g.inHeight,
    g.inWidth,
    g.inChannels,
    g.outHeight,
    g.outWidth,
    g.outChannels,
    g.filterHeight,
    g.filterWidth,
    g.strideHeight,
    g.strideWidth,
  ];
}
