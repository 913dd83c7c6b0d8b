import { averagePool, dft2d, idft2d, pixelShuffle, pixelUnshuffle, spectralFilter, upsampleNearest } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Case, HostArray } from '../case.ts';
import { poolOf } from '../definitions.ts';

type T3 = tf.Tensor3D;
type T4 = tf.Tensor4D;
type Shape4 = [number, number, number, number];

/** Builds an output [B, H, W, C] from a rule that names the source of each element. */
function gathered(shape: Shape4, source: (n: number, i: number, j: number, c: number) => number): Float64Array {
  const [b, h, w, channels] = shape;
  const y = new Float64Array(b * h * w * channels);
  for (let n = 0, at = 0; n < b; n++)
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++) for (let c = 0; c < channels; c++, at++) y[at] = source(n, i, j, c);
  return y;
}

const element = ({ shape, data }: HostArray, n: number, i: number, j: number, c: number): number =>
  data[((n * shape[1]! + i) * shape[2]! + j) * shape[3]! + c]!;

/** 2-D Fourier transform by its definition, separable: [real, imag] of [B, H, W, C]. */
function fourier(shape: Shape4, real: Float64Array, imag: Float64Array, sign: 1 | -1): [Float64Array, Float64Array] {
  const [b, h, w, c] = shape;
  let parts: [Float64Array, Float64Array] = [real, imag];
  for (const [length, stride] of [[h, w * c], [w, c]] as const) {
    const next: [Float64Array, Float64Array] = [new Float64Array(real.length), new Float64Array(real.length)];
    for (let at = 0; at < real.length; at++) {
      const k = Math.floor(at / stride) % length;
      const base = at - k * stride;
      for (let j = 0; j < length; j++) {
        const angle = (sign * 2 * Math.PI * ((j * k) % length)) / length;
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        const [re, im] = [parts[0][base + j * stride]!, parts[1][base + j * stride]!];
        next[0][at]! += re * cos - im * sin;
        next[1][at]! += re * sin + im * cos;
      }
    }
    parts = next;
  }
  const scale = sign === 1 ? 1 / (h * w) : 1;
  return b > 0 ? [parts[0].map((v) => v * scale), parts[1].map((v) => v * scale)] : parts;
} // biome-ignore format: one pair a line

function filtered(x: HostArray, real: HostArray, imag?: HostArray): Float64Array {
  const shape = x.shape as unknown as Shape4;
  const [re, im] = fourier(shape, x.data, new Float64Array(x.data.length), -1);
  const size = real.data.length;
  const product = re.map((v, i) => v * real.data[i % size]! - im[i]! * (imag?.data[i % size] ?? 0));
  const other = im.map((v, i) => v * real.data[i % size]! + re[i]! * (imag?.data[i % size] ?? 0));
  return fourier(shape, product, other, 1)[0];
}

const joined = (parts: readonly Float64Array[]): Float64Array => {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const pools: [number[], number, number, 'same' | 'valid'][] = [
  [[2, 8, 6, 3], 2, 2, 'valid'],
  [[2, 7, 6, 3], 3, 2, 'same'],
  [[2, 9, 11, 5], 3, 1, 'valid'],
];

/** Resampling, pooling and Fourier transforms of maps. */
export const mapCases: readonly Case[] = [
  ...[[[2, 9, 11, 13], 3], [[2, 16, 16, 8], 2]].map(([shape, factor]): Case => {
    const [x, f] = [shape as Shape4, factor as number];
    return {
      operation: 'upsampleNearest',
      detail: `[${x}] x ${f}`,
      shapes: [x],
      run: (a) => upsampleNearest(a as T4, f),
      reference: (a) =>
        gathered([x[0], x[1] * f, x[2] * f, x[3]], (n, i, j, c) => element(a!, n, Math.floor(i / f), Math.floor(j / f), c)),
    };
  }),
  ...[[[2, 18, 22, 13], 2], [[3, 9, 12, 4], 3]].map(([shape, factor]): Case => {
    const [x, f] = [shape as Shape4, factor as number];
    return {
      operation: 'averagePool',
      detail: `[${x}] / ${f}`,
      shapes: [x],
      run: (a) => averagePool(a as T4, f),
      reference: (a) => poolOf('mean', a!, f, f, 'valid'),
    };
  }),
  ...pools.flatMap(([x, size, stride, padding]): Case[] => [
    {
      operation: 'maxPool',
      detail: `[${x}], ${size} by ${stride}, ${padding}`,
      shapes: [x],
      values: 'distinct',
      run: (a) => tf.maxPool(a as T4, size, stride, padding),
      reference: (a) => poolOf('max', a!, size, stride, padding),
    },
    {
      operation: 'avgPool',
      detail: `[${x}], ${size} by ${stride}, ${padding}`,
      shapes: [x],
      run: (a) => tf.avgPool(a as T4, size, stride, padding),
      reference: (a) => poolOf('mean', a!, size, stride, padding),
    },
  ]),
  ...[[[2, 5, 3, 18], 3], [[2, 16, 17, 12], 2]].map(([shape, factor]): Case => {
    const [x, f] = [shape as Shape4, factor as number];
    return {
      operation: 'pixelShuffle',
      detail: `[${x}] x ${f}`,
      shapes: [x],
      run: (a) => pixelShuffle(a as T4, f),
      reference: (a) =>
        gathered([x[0], x[1] * f, x[2] * f, x[3] / f / f], (n, i, j, c) =>
          element(a!, n, Math.floor(i / f), Math.floor(j / f), c * f * f + (i % f) * f + (j % f)),
        ),
    };
  }),
  ...[[[2, 6, 9, 5], 3], [[2, 34, 32, 3], 2]].map(([shape, factor]): Case => {
    const [x, f] = [shape as Shape4, factor as number];
    return {
      operation: 'pixelUnshuffle',
      detail: `[${x}] / ${f}`,
      shapes: [x],
      run: (a) => pixelUnshuffle(a as T4, f),
      reference: (a) =>
        gathered([x[0], x[1] / f, x[2] / f, x[3] * f * f], (n, i, j, c) => {
          const offset = c % (f * f);
          return element(a!, n, i * f + Math.floor(offset / f), j * f + (offset % f), Math.floor(c / (f * f)));
        }),
    };
  }),
  ...[[2, 32, 16, 8], [3, 24, 35, 5], [2, 1, 7, 3], [2, 64, 64, 2]].map((x): Case => ({
    operation: 'spectralFilter',
    detail: `[${x}]`,
    shapes: [x, x.slice(1), x.slice(1)],
    run: (a, re, im) => spectralFilter(a as T4, re as T3, im as T3),
    reference: (a, re, im) => filtered(a!, re!, im),
  })),
  {
    operation: 'spectralFilter',
    detail: '[2,12,9,4], real',
    shapes: [[2, 12, 9, 4], [12, 9, 4]],
    run: (a, re) => spectralFilter(a as T4, re as T3),
    reference: (a, re) => filtered(a!, re!),
  },
  ...([['dft2d', dft2d, -1], ['idft2d', idft2d, 1]] as const).flatMap(([operation, transform, sign]) =>
    [[2, 7, 10, 3], [2, 32, 31, 4]].map((x): Case => ({
      operation,
      detail: `[${x}]`,
      shapes: [x, x],
      run: (re, im) => {
        const { real, imag } = transform({ real: re as T4, imag: im as T4 });
        return tf.concat([real, imag], 0);
      },
      reference: (re, im) => joined(fourier(x as Shape4, re!.data, im!.data, sign)),
    })),
  ),
]; // biome-ignore format: tables
