import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { conv2d, explicitPadding, type Padding } from './conv2d.ts';

interface Case {
  x: [number, number, number, number];
  filter: [number, number, number, number];
  strides?: number;
  padding?: Padding;
}

// Batch 2 and more, odd sizes, even and uneven filters, strides above the filter's size, every kind of padding, channels
// that fill vectors.
const cases: Case[] = [
  { x: [2, 5, 4, 3], filter: [3, 3, 3, 2] },
  { x: [2, 6, 7, 1], filter: [3, 3, 1, 9] },
  { x: [3, 4, 5, 4], filter: [1, 1, 4, 3] },
  { x: [2, 7, 6, 5], filter: [3, 3, 5, 4], strides: 2, padding: 1 },
  { x: [2, 7, 6, 3], filter: [1, 1, 3, 4], strides: 2, padding: 'valid' },
  { x: [2, 6, 5, 2], filter: [4, 2, 2, 3], strides: 2, padding: 'same' },
  { x: [2, 8, 7, 2], filter: [2, 2, 2, 3], strides: 3, padding: 'valid' },
  { x: [2, 7, 7, 2], filter: [7, 7, 2, 2], padding: 3 },
  { x: [2, 5, 5, 2], filter: [3, 3, 2, 2], padding: 2 },
  { x: [2, 7, 4, 2], filter: [5, 2, 2, 3], padding: 1 },
  { x: [3, 5, 7, 16], filter: [3, 3, 16, 32] },
  { x: [2, 4, 5, 32], filter: [3, 3, 32, 16], padding: 2 },
];

/** The definition, in float64. */
function reference(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D,
  strides: number,
  padding: Padding,
): number[] {
  const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, strides, 1, explicitPadding(padding));
  const [xs, fs, bs] = [x.dataSync(), filter.dataSync(), bias.dataSync()];
  const [n, h, w, cin] = x.shape;
  const [kh, kw, , cout] = filter.shape;
  const out: number[] = [];
  for (let b = 0; b < n; b++)
    for (let oy = 0; oy < info.outHeight; oy++)
      for (let ox = 0; ox < info.outWidth; ox++)
        for (let co = 0; co < cout; co++) {
          let sum = bs[co]!;
          for (let ky = 0; ky < kh; ky++)
            for (let kx = 0; kx < kw; kx++) {
              const iy = oy * strides - info.padInfo.top + ky;
              const ix = ox * strides - info.padInfo.left + kx;
              if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
              for (let ci = 0; ci < cin; ci++) {
                sum += xs[((b * h + iy) * w + ix) * cin + ci]! * fs[((ky * kw + kx) * cin + ci) * cout + co]!;
              }
            }
          out.push(sum);
        }
  return out;
}

function inputsOf({ x, filter }: Case): [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D] {
  return [randomTensor(x, 1), randomTensor(filter, 2), randomTensor([filter[3]], 3)];
}

const f =
  ({ strides = 1, padding = 'same' }: Case) =>
  (...[x, filter, bias]: tf.Tensor[]): tf.Tensor =>
    conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, (bias as tf.Tensor1D | undefined) ?? null, { strides, padding });

describeOnBackends('conv2d', (backend) => {
  it.each(cases)('equals the definition: %j', (c) => {
    const inputs = inputsOf(c);
    const expected = reference(...inputs, c.strides ?? 1, c.padding ?? 'same');
    expect(relativeError(f(c)(...inputs).dataSync(), expected)).toBeLessThan(1e-5);
  });

  it.each(cases)('has the right gradients: %j', (c) => {
    expect(gradientError(f(c), inputsOf(c))).toBeLessThan(1e-3);
  });

  it.each(cases)('adds offset and plus, with the right gradients: %j', (c) => {
    const [x, filter, bias] = inputsOf(c);
    const { strides = 1, padding = 'same' } = c;
    const shape = f(c)(x, filter).shape as [number, number, number, number];
    const [offset, plus] = [randomTensor<tf.Rank.R2>([shape[0], shape[3]], 4), randomTensor<tf.Rank.R4>(shape, 5)];
    const added = (...inputs: tf.Tensor[]): tf.Tensor => {
      const [a, w, b, o, p] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D, tf.Tensor2D, tf.Tensor4D];
      return conv2d(a, w, b, { strides, padding, offset: o, plus: p });
    };
    const [os, ps] = [offset.dataSync(), plus.dataSync()];
    const pixels = shape[1] * shape[2];
    const expected = reference(x, filter, bias, strides, padding).map(
      (value, i) => value + os[Math.floor(i / (pixels * shape[3])) * shape[3] + (i % shape[3])]! + ps[i]!,
    );
    expect(relativeError(added(x, filter, bias, offset, plus).dataSync(), expected)).toBeLessThan(1e-5);
    expect(gradientError(added, [x, filter, bias, offset, plus])).toBeLessThan(1e-3);
  });

  it('adds offset alone, and plus alone without a bias', () => {
    const [x, filter, bias] = inputsOf(cases[0]!);
    const [offset, plus] = [randomTensor<tf.Rank.R2>([2, 2], 4), randomTensor<tf.Rank.R4>([2, 5, 4, 2], 5)];
    const first = conv2d(x, filter, bias, { offset });
    const expected = tf.add(conv2d(x, filter, bias), tf.reshape(offset, [2, 1, 1, 2]));
    expect(relativeError(first.dataSync(), expected.dataSync())).toBeLessThan(1e-6);
    const second = conv2d(x, filter, null, { plus });
    expect(relativeError(second.dataSync(), tf.add(conv2d(x, filter, null), plus).dataSync())).toBeLessThan(1e-6);
    expect(gradientError((p) => conv2d(x, filter, null, { plus: p as tf.Tensor4D }), [plus])).toBeLessThan(1e-3);
  });

  it('works without bias', () => {
    const [x, filter] = inputsOf(cases[0]!);
    expect(gradientError(f(cases[0]!), [x, filter])).toBeLessThan(1e-3);
  });

  if (backend === 'wasm') {
    it.each(cases)('composes right gradients where the backend has none: %j', (c) => {
      const names = ['MedsegConv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput'];
      const configs = names.map((name) => tf.getKernel(name, 'wasm'));
      for (const name of names) tf.unregisterKernel(name, 'wasm');
      try {
        expect(gradientError(f(c), inputsOf(c))).toBeLessThan(1e-3);
      } finally {
        for (const config of configs) tf.registerKernel(config);
      }
    });
  }

  it('leaves nothing behind', async () => {
    const inputs = inputsOf(cases[3]!);
    await expectNoLeak(() => {
      tf.tidy(() => void tf.grads(f(cases[3]!))(inputs));
      f(cases[3]!)(...inputs).dispose();
    });
  });

  it('says which rule was broken', () => {
    const x = tf.zeros<tf.Rank.R4>([1, 4, 4, 3]);
    const filter = (c: number): tf.Tensor4D => tf.zeros([5, 5, c, 2]);
    expect(() => conv2d(x, filter(2), null)).toThrow(/must agree in Cin, got \[1,4,4,3\] and \[5,5,2,2\]/);
    expect(() => conv2d(x, filter(3), tf.zeros([3]))).toThrow(/bias must be \[2\]/);
    expect(() => conv2d(x, filter(3), null, { strides: 1.5 })).toThrow(/strides.*got 1.5/);
    expect(() => conv2d(x, filter(3), null, { padding: -1 })).toThrow(/padding.*got -1/);
    expect(() => conv2d(x, filter(3), null, { padding: 'valid' })).toThrow(/filter 5x5, got 4x4/);
    expect(() => conv2d(x, filter(3), null, { offset: tf.zeros([1, 3]) })).toThrow(
      /offset must be \[1, 2\], got \[1,3\]/,
    );
    expect(() => conv2d(x, filter(3), null, { plus: tf.zeros([1, 4, 4, 3]) })).toThrow(
      /plus must be \[1,4,4,2\] as the result, got \[1,4,4,3\]/,
    );
  });
});
