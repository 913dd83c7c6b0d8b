import { conv2d, dense } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Case, HostArray } from '../case.ts';
import { conv2dOf, conv3dOf, depthwiseOf, matMulOf } from '../definitions.ts';

const withBias = (y: Float64Array, bias: HostArray): Float64Array =>
  y.map((v, i) => v + bias.data[i % bias.data.length]!);
const relu = (y: Float64Array): Float64Array => y.map((v) => Math.max(v, 0));
const sigmoid = (y: Float64Array): Float64Array => y.map((v) => 1 / (1 + Math.exp(-v)));

// Beyond a tile (4 x 8), a block of rows, of columns and of the inner size; odd; each transpose; broadcast batches.
const matrices: [number[], number[], boolean, boolean][] = [
  [[2, 3, 5], [2, 5, 4], false, false],
  [[2, 67, 1031], [2, 1031, 13], false, false],
  [[2, 1031, 67], [2, 1031, 13], true, false],
  [[2, 5, 7], [2, 521, 7], false, true],
  [[3, 70, 18], [3, 15, 70], true, true],
  [[2, 1, 9, 17], [3, 17, 5], false, false],
  [[4, 6, 35], [35, 9], false, false],
  [[130, 33], [33, 1], false, false],
];

const convolutions: { x: number[]; filter: number[]; strides?: number; padding?: 'same' | 'valid' | number }[] = [
  { x: [2, 33, 29, 13], filter: [3, 3, 13, 11] },
  { x: [3, 17, 16, 16], filter: [3, 3, 16, 20] },
  { x: [3, 9, 12, 32], filter: [3, 3, 32, 16] },
  { x: [2, 18, 17, 12], filter: [3, 3, 12, 8], padding: 'valid' },
  { x: [2, 7, 9, 8], filter: [3, 3, 8, 12], padding: 2 },
  { x: [2, 31, 27, 3], filter: [3, 3, 3, 9], strides: 2 },
  { x: [2, 15, 16, 6], filter: [4, 4, 6, 10], strides: 2, padding: 1 },
  { x: [2, 21, 20, 17], filter: [1, 1, 17, 18] },
  { x: [2, 21, 20, 5], filter: [1, 1, 5, 6], strides: 2, padding: 'valid' },
  { x: [2, 16, 15, 2], filter: [7, 7, 2, 4], padding: 3 },
  { x: [2, 9, 4, 3], filter: [5, 2, 3, 4], padding: 1 },
  { x: [2, 9, 40, 4], filter: [2, 2, 4, 3], strides: 3, padding: 'valid' },
  { x: [2, 6, 6, 64], filter: [3, 3, 64, 1] },
  { x: [5, 1, 1, 8], filter: [3, 3, 8, 16] },
];

const volumes: [number[], number[], [number, number, number], 'same' | 'valid'][] = [
  [[2, 3, 4, 3, 2], [2, 3, 3, 2, 5], [1, 1, 1], 'same'],
  [[2, 4, 5, 3, 2], [3, 3, 3, 2, 3], [2, 2, 2], 'same'],
  [[2, 3, 5, 7, 3], [2, 2, 3, 3, 4], [1, 2, 3], 'valid'],
];

/** Matrix products and convolutions. */
export const productCases: readonly Case[] = [
  ...matrices.map(
    ([a, b, ta, tb]): Case => ({
      operation: 'matMul',
      detail: `[${a}]${ta ? "'" : ''} x [${b}]${tb ? "'" : ''}`,
      shapes: [a, b],
      run: (x, y) => tf.matMul(x!, y!, ta, tb),
      reference: (x, y) => matMulOf(x!, y!, ta, tb),
    }),
  ),
  {
    operation: 'fused.matMul',
    detail: 'bias, sigmoid',
    shapes: [[2, 9, 21], [2, 21, 13], [13]],
    run: (a, b, bias) =>
      tf.fused.matMul({ a: a as tf.Tensor3D, b: b as tf.Tensor3D, bias: bias!, activation: 'sigmoid' }),
    reference: (a, b, bias) => sigmoid(withBias(matMulOf(a!, b!), bias!)),
  },
  ...[[2, 3, 5], [19, 130, 33]].map(
    ([rows, inner, columns]): Case => ({
      operation: 'dense',
      detail: `${rows} x ${inner} x ${columns}`,
      shapes: [[rows!, inner!], [inner!, columns!], [columns!]],
      run: (x, kernel, bias) => dense(x as tf.Tensor2D, kernel as tf.Tensor2D, bias as tf.Tensor1D),
      reference: (x, kernel, bias) => withBias(matMulOf(x!, kernel!), bias!),
    }),
  ),
  {
    operation: 'dense',
    detail: 'silu(x), 67 x 30 x 17',
    shapes: [[67, 30], [30, 17], [17]],
    run: (x, kernel, bias) =>
      dense(x as tf.Tensor2D, kernel as tf.Tensor2D, bias as tf.Tensor1D, { before: 'silu' }),
    reference: (x, kernel, bias) => {
      const active = { ...x!, data: Float64Array.from(x!.data, (v) => v / (1 + Math.exp(-v))) };
      return withBias(matMulOf(active, kernel!), bias!);
    },
  },
  {
    operation: 'conv2d',
    detail: 'offset and plus',
    shapes: [[3, 9, 11, 16], [3, 3, 16, 20], [20], [3, 20], [3, 9, 11, 20]],
    run: (a, f, bias, offset, plus) =>
      conv2d(a as tf.Tensor4D, f as tf.Tensor4D, bias as tf.Tensor1D, {
        offset: offset as tf.Tensor2D,
        plus: plus as tf.Tensor4D,
      }),
    reference: (a, f, bias, offset, plus) =>
      withBias(conv2dOf(a!, f!), bias!).map((v, i) => v + offset!.data[Math.floor(i / 1980) * 20 + (i % 20)]! + plus!.data[i]!),
  },
  ...convolutions.map(
    ({ x, filter, strides = 1, padding = 'same' }): Case => ({
      operation: 'conv2d',
      detail: `[${x}] * [${filter}], stride ${strides}, ${padding}`,
      shapes: [x, filter, [filter[3]!]],
      run: (a, f, bias) => conv2d(a as tf.Tensor4D, f as tf.Tensor4D, bias as tf.Tensor1D, { strides, padding }),
      reference: (a, f, bias) => withBias(conv2dOf(a!, f!, { strides, padding }), bias!),
    }),
  ),
  {
    operation: 'tf.conv2d',
    detail: 'strides apart',
    shapes: [[3, 17, 19, 8], [5, 3, 8, 7]],
    run: (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, [2, 3], 'same'),
    reference: (x, f) => conv2dOf(x!, f!, { strides: [2, 3] }),
  },
  {
    operation: 'tf.conv2d',
    detail: 'dilation 2',
    shapes: [[2, 13, 11, 5], [3, 2, 5, 9]],
    run: (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same', 'NHWC', 2),
    reference: (x, f) => conv2dOf(x!, f!, { dilation: 2 }),
  },
  ...(['sigmoid', 'relu'] as const).map(
    (activation): Case => ({
      operation: 'fused.conv2d',
      detail: `bias, ${activation}`,
      shapes: [[2, 9, 8, 5], [3, 3, 5, 6], [6]],
      ...(activation === 'relu' && { noGradient: 'its kinks lie within the step of the differences' }),
      run: (x, f, bias) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: f as tf.Tensor4D,
          strides: 1,
          pad: 'same',
          bias: bias!,
          activation,
        }),
      reference: (x, f, bias) => (activation === 'relu' ? relu : sigmoid)(withBias(conv2dOf(x!, f!), bias!)),
    }),
  ),
  ...(
    [
      [[2, 9, 10, 6], [3, 3, 6, 1], { strides: 1, padding: 'same' }],
      [[2, 19, 16, 3], [3, 2, 3, 2], { strides: 2, padding: 'valid' }],
      [[2, 6, 5, 4], [3, 3, 4, 1], { strides: 1, padding: 'same', dilation: 2 }],
    ] as const
  ).map(
    ([x, filter, options]): Case => ({
      operation: 'depthwiseConv2d',
      detail: `[${x}] * [${filter}]${'dilation' in options ? ', dilation 2' : `, stride ${options.strides}`}`,
      shapes: [x, filter],
      run: (a, f) => {
        const dilation = 'dilation' in options ? options.dilation : 1;
        const [image, taps] = [a as tf.Tensor4D, f as tf.Tensor4D];
        return tf.depthwiseConv2d(image, taps, options.strides, options.padding, 'NHWC', dilation);
      },
      reference: (a, f) => depthwiseOf(a!, f!, options),
    }),
  ),
  ...volumes.map(
    ([x, filter, strides, padding]): Case => ({
      operation: 'conv3d',
      detail: `[${x}] * [${filter}], strides ${strides}, ${padding}`,
      shapes: [x, filter],
      run: (a, f) => tf.conv3d(a as tf.Tensor5D, f as tf.Tensor5D, strides, padding),
      reference: (a, f) => conv3dOf(a!, f!, strides, padding),
    }),
  ),
]; // biome-ignore format: tables
