import '@tensorflow/tfjs-layers';
import { gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { register } from './register.ts';

interface Case {
  x: [number, number, number, number];
  filter: [number, number, number, number];
  strides?: number | [number, number];
  pad?: 'same' | 'valid' | number;
}

// Beyond one tile (4 x 8), one chunk of pixels and one block of positions; odd everything; each kind of padding.
const cases: Case[] = [
  { x: [2, 33, 29, 13], filter: [3, 3, 13, 11] },
  { x: [5, 8, 8, 24], filter: [3, 3, 24, 40] },
  { x: [1, 61, 47, 3], filter: [3, 3, 3, 9], strides: 2 },
  { x: [3, 17, 19, 8], filter: [5, 3, 8, 7], strides: [2, 3], pad: 'same' },
  { x: [2, 15, 16, 6], filter: [4, 4, 6, 10], strides: 2, pad: 1 },
  { x: [2, 21, 20, 17], filter: [1, 1, 17, 18] },
  { x: [2, 21, 20, 5], filter: [1, 1, 5, 6], strides: 2, pad: 'valid' },
  { x: [2, 9, 4, 3], filter: [5, 2, 3, 4], pad: 1 },
  { x: [2, 16, 16, 2], filter: [7, 7, 2, 4], pad: 3 },
  { x: [2, 9, 40, 4], filter: [2, 2, 4, 3], strides: 3, pad: 'valid' },
  { x: [2, 6, 6, 64], filter: [3, 3, 64, 1] },
  // Winograd's tiles: odd sides, channels that leave half a panel, several blocks, each padding, one pixel.
  { x: [3, 33, 31, 16], filter: [3, 3, 16, 20] },
  { x: [2, 18, 17, 12], filter: [3, 3, 12, 8], pad: 'valid' },
  { x: [2, 7, 9, 8], filter: [3, 3, 8, 12], pad: 2 },
  { x: [2, 5, 5, 8], filter: [3, 3, 8, 8], pad: 3 },
  { x: [5, 1, 1, 8], filter: [3, 3, 8, 16] },
  // One and two channels: sums over vectors, strided and not, pixels that leave a rest.
  { x: [2, 17, 19, 16], filter: [3, 3, 16, 1] },
  { x: [2, 9, 11, 4], filter: [3, 5, 4, 2], strides: 2 },
  { x: [2, 15, 14, 2], filter: [3, 3, 2, 16] },
  { x: [2, 13, 12, 1], filter: [5, 4, 1, 8], strides: 2, pad: 1 },
  { x: [2, 11, 10, 1], filter: [7, 4, 1, 1], pad: 3 },
  // Squares of 4 x 4: whole ones, several blocks, parts at the border, each padding.
  { x: [4, 16, 16, 16], filter: [3, 3, 16, 16] },
  { x: [3, 31, 22, 20], filter: [3, 3, 20, 36] },
  { x: [2, 34, 29, 12], filter: [3, 3, 12, 8], pad: 'valid' },
  { x: [3, 19, 18, 8], filter: [3, 3, 8, 12], pad: 2 },
  { x: [2, 64, 62, 64], filter: [3, 3, 64, 24] },
  { x: [2, 8, 8, 196], filter: [3, 3, 196, 36] }, // a few panels of the filter at a time, both ways
];

/** Shapes of the networks, where a batch could choose another way to compute than a sample alone. */
const alone: Case[] = [
  { x: [15, 8, 8, 8], filter: [3, 3, 8, 8] },
  { x: [16, 16, 16, 8], filter: [3, 3, 8, 12] },
  { x: [7, 8, 8, 96], filter: [3, 3, 96, 96] },
  { x: [5, 32, 32, 16], filter: [3, 3, 16, 16] },
  { x: [6, 16, 16, 3], filter: [7, 7, 3, 16] },
  { x: [9, 16, 16, 16], filter: [1, 1, 16, 8] },
];

// One number would make tfjs take the filter's height for its width.
function explicit(pad: 'same' | 'valid' | number): 'same' | 'valid' | tf.backend_util.ExplicitPadding {
  return typeof pad === 'number' ? [[0, 0], [pad, pad], [pad, pad], [0, 0]] : pad; // biome-ignore format: one pair a side
}

/** Forward, input gradient and filter gradient of sum(y dy), by the definition in float64. */
function reference(c: Case, x: ArrayLike<number>, f: ArrayLike<number>, dy: ArrayLike<number> | null, dilation = 1) {
  const g = tf.backend_util.computeConv2DInfo(c.x, c.filter, c.strides ?? 1, dilation, explicit(c.pad ?? 'same'));
  const [n, h, w, cin] = c.x;
  const [kh, kw, , cout] = c.filter;
  const y = new Float64Array(n * g.outHeight * g.outWidth * cout);
  const dx = new Float64Array(x.length);
  const df = new Float64Array(f.length);
  for (let b = 0, at = 0; b < n; b++)
    for (let oy = 0; oy < g.outHeight; oy++)
      for (let ox = 0; ox < g.outWidth; ox++, at += cout)
        for (let ky = 0; ky < kh; ky++)
          for (let kx = 0; kx < kw; kx++) {
            const iy = oy * g.strideHeight - g.padInfo.top + ky * dilation;
            const ix = ox * g.strideWidth - g.padInfo.left + kx * dilation;
            if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
            for (let ci = 0; ci < cin; ci++) {
              const p = ((b * h + iy) * w + ix) * cin + ci;
              const q = ((ky * kw + kx) * cin + ci) * cout;
              for (let co = 0; co < cout; co++) {
                y[at + co]! += x[p]! * f[q + co]!;
                if (dy) dx[p]! += f[q + co]! * dy[at + co]!;
                if (dy) df[q + co]! += x[p]! * dy[at + co]!;
              }
            }
          }
  return { y, dx, df };
}

describe.each(['simd128', 'relaxed-simd'] as const)('conv2d [%s]', (variant) => {
  beforeAll(() => register({ variant }));

  it.each(cases)('equals the definition, with both gradients: %j', (c) => {
    const [x, filter] = [randomTensor<tf.Rank.R4>(c.x, 1), randomTensor<tf.Rank.R4>(c.filter, 2)];
    const f = (...[a, b]: tf.Tensor[]): tf.Tensor =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, c.strides ?? 1, c.pad ?? 'same');
    const y = f(x, filter);
    const dy = randomTensor(y.shape as [number], 3);
    const [dx, df] = tf.grads(f)([x, filter], dy) as [tf.Tensor, tf.Tensor];
    const expected = reference(c, x.dataSync(), filter.dataSync(), dy.dataSync());
    expect(relativeError(y.dataSync(), expected.y)).toBeLessThan(1e-5);
    expect(relativeError(dx.dataSync(), expected.dx)).toBeLessThan(1e-5);
    expect(relativeError(df.dataSync(), expected.df)).toBeLessThan(1e-5);
  });

  it.each(alone)('gives a sample the same bits alone and in company: %j', (c) => {
    const [x, filter] = [randomTensor<tf.Rank.R4>(c.x, 1), randomTensor<tf.Rank.R4>(c.filter, 2)];
    const whole = tf.conv2d(x, filter, 1, 'same');
    const size = whole.size / c.x[0];
    for (const [from, count] of [
      [0, 1],
      [c.x[0] - 1, 1],
      [1, 2],
      [0, c.x[0] - 2],
    ] as const) {
      const part = tf.conv2d(tf.slice(x, from, count), filter, 1, 'same').dataSync();
      expect(part).toEqual(whole.dataSync().slice(from * size, (from + count) * size));
    }
  });

  it.each([2, 3])('dilates by %i', (dilation) => {
    const c: Case = { x: [2, 13, 11, 5], filter: [3, 2, 5, 9] };
    const [x, filter] = [randomTensor<tf.Rank.R4>(c.x, 1), randomTensor<tf.Rank.R4>(c.filter, 2)];
    const y = tf.conv2d(x, filter, 1, 'same', 'NHWC', dilation);
    expect(relativeError(y.dataSync(), reference(c, x.dataSync(), filter.dataSync(), null, dilation).y)).toBeLessThan(
      1e-5,
    );
  });

  it('fuses bias and activation, with gradients', () => {
    const fused = (...[x, filter, bias]: tf.Tensor[]): tf.Tensor =>
      tf.fused.conv2d({
        x: x as tf.Tensor4D,
        filter: filter as tf.Tensor4D,
        strides: 1,
        pad: 'same',
        bias: bias!,
        activation: 'relu',
      });
    const inputs = [randomTensor([2, 5, 4, 3], 1), randomTensor([3, 3, 3, 6], 2), randomTensor([6], 3)] as const;
    const plain = tf.relu(tf.add(tf.conv2d(inputs[0] as tf.Tensor4D, inputs[1] as tf.Tensor4D, 1, 'same'), inputs[2]));
    expect(relativeError(fused(...inputs).dataSync(), plain.dataSync())).toBeLessThan(1e-6);
    expect(gradientError(fused, [...inputs], { step: 1e-4 })).toBeLessThan(2e-2); // kinks of relu
  });

  it('follows weights that are updated in place', () => {
    const x = randomTensor<tf.Rank.R4>([1, 4, 4, 2], 1);
    const filter = tf.variable(randomTensor<tf.Rank.R4>([3, 3, 2, 8], 2));
    const before = tf.conv2d(x, filter, 1, 'same').dataSync();
    filter.assign(tf.mul(filter, -2));
    const doubled = Array.from(before, (v) => -2 * v);
    expect(relativeError(tf.conv2d(x, filter, 1, 'same').dataSync(), doubled)).toBeLessThan(1e-6);
    filter.dispose();
  });

  it('refuses what it cannot do', () => {
    const [x, filter] = [tf.zeros<tf.Rank.R4>([1, 3, 6, 6]), tf.zeros<tf.Rank.R4>([3, 3, 3, 2])];
    expect(() => tf.conv2d(x, filter, 1, 'same', 'NCHW')).toThrow(/NHWC, got NCHW/);
  });
});
