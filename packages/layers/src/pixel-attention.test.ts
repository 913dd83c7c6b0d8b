import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { linearAttention } from './linear-attention.ts';
import { PixelAttention, pixelAttention } from './pixel-attention.ts';

const heads = 2;
/** Features of 2 images, gain, qkv to 2 heads of 3 channels, the last map and its norm. */
const tensors = (): tf.Tensor[] => [
  randomTensor([2, 3, 2, 4], 1),
  randomTensor([4], 2),
  tf.mul(randomTensor([1, 1, 4, 18], 3), 0.7),
  randomTensor([1, 1, 6, 4], 4),
  randomTensor([4], 5),
  randomTensor([4], 6),
];
const weights = (
  t: tf.Tensor[],
): {
  norm: { weight: tf.Tensor1D };
  qkv: { weight: tf.Tensor4D };
  out: { weight: tf.Tensor4D; bias: tf.Tensor1D };
} => ({
  norm: { weight: t[1] as tf.Tensor1D },
  qkv: { weight: t[2] as tf.Tensor4D },
  out: { weight: t[3] as tf.Tensor4D, bias: t[4] as tf.Tensor1D },
});
const full = (...t: tf.Tensor[]): tf.Tensor4D => pixelAttention(t[0] as tf.Tensor4D, weights(t), { heads });
const linear = (...t: tf.Tensor[]): tf.Tensor4D =>
  linearAttention(
    t[0] as tf.Tensor4D,
    { ...weights(t), outNorm: { weight: t[5] as tf.Tensor1D } },
    {
      heads,
    },
  );

/** Both kinds from their definitions, in float64, one head after the other; before the last map. */
function byDefinition(kind: 'full' | 'linear', t: tf.Tensor[]): number[] {
  const [b, h, w, c] = t[0]!.shape as [number, number, number, number];
  const [x, gain, map] = t.slice(0, 3).map((tensor) => tensor.dataSync<'float32'>()) as Float32Array[];
  const hidden = 6;
  const size = hidden / heads;
  const pixels = h * w;
  const softmax = (values: number[]): number[] => {
    const all = values.map(Math.exp);
    const sum = all.reduce((a, v) => a + v, 0);
    return all.map((v) => v / sum);
  };
  const result: number[] = [];
  for (let image = 0; image < b; image++) {
    const rows = Array.from({ length: pixels }, (_, p) => {
      const values = Array.from({ length: c }, (__, i) => x![(image * pixels + p) * c + i]!);
      const mean = values.reduce((a, v) => a + v, 0) / c;
      const variance = values.reduce((a, v) => a + (v - mean) ** 2, 0) / c;
      const normed = values.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * gain![i]!);
      return Array.from({ length: 3 * hidden }, (__, o) =>
        normed.reduce((a, v, i) => a + v * map![i * 3 * hidden + o]!, 0),
      );
    });
    const mixed = rows.map(() => new Array<number>(hidden).fill(0));
    for (let head = 0; head < heads; head++) {
      const part = (kindOf: 0 | 1 | 2): number[][] =>
        rows.map((row) => row.slice(kindOf * hidden + head * size, kindOf * hidden + (head + 1) * size));
      const [q, k, v] = [part(0), part(1), part(2)];
      const put = (p: number, e: number, value: number): void => {
        mixed[p]![head * size + e]! = value;
      };
      const columns = Array.from({ length: size }, (_, d) => softmax(k.map((row) => row[d]!)));
      rows.forEach((_, p) => {
        const attended =
          kind === 'full'
            ? softmax(k.map((row) => row.reduce((a, value, d) => a + value * q[p]![d]!, 0) / Math.sqrt(size)))
            : k.map(
                (__, n) => softmax(q[p]!).reduce((a, value, d) => a + value * columns[d]![n]!, 0) / Math.sqrt(size),
              );
        for (let e = 0; e < size; e++)
          put(
            p,
            e,
            attended.reduce((a, weight, n) => a + weight * v[n]![e]!, 0),
          );
      });
    }
    result.push(...mixed.flat());
  }
  return result;
}

describeOnBackends('pixelAttention', () => {
  it('is softmax attention, head by head', () => {
    const t = tensors();
    const mixed = tf.tensor4d(byDefinition('full', t), [2, 3, 2, 6]);
    const expected = tf.add(t[0]!, tf.add(tf.conv2d(mixed, t[3] as tf.Tensor4D, 1, 'same'), t[4]!));
    expect(relativeError(full(...t).dataSync(), expected.dataSync())).toBeLessThan(1e-5);
  });

  it('has the gradient of finite differences in every weight and input', () => {
    expect(gradientError(full, tensors().slice(0, 5), { step: 5e-3 })).toBeLessThan(2e-3);
  });

  it('refuses heads that are no count', () => {
    const layer = new PixelAttention({ heads: 0, headChannels: 4 });
    expect(() => layer.apply(randomTensor([1, 2, 2, 4]))).toThrow(/heads must be a positive integer, got 0/);
  });
});

describeOnBackends('linearAttention', () => {
  it('is softmax of queries and of keys, head by head, with a norm behind the last map', () => {
    const t = tensors();
    t[5] = tf.ones([4]);
    const mixed = tf.tensor4d(byDefinition('linear', t), [2, 3, 2, 6]);
    const out = tf.add(tf.conv2d(mixed, t[3] as tf.Tensor4D, 1, 'same'), t[4]!);
    const { mean, variance } = tf.moments(out, -1, true);
    const expected = tf.add(t[0]!, tf.div(tf.sub(out, mean), tf.sqrt(tf.add(variance, 1e-5))));
    expect(relativeError(linear(...t).dataSync(), expected.dataSync())).toBeLessThan(1e-4);
  });

  it('has the gradient of finite differences in every weight and input', () => {
    expect(gradientError(linear, tensors(), { step: 5e-3 })).toBeLessThan(2e-3);
  });
});
