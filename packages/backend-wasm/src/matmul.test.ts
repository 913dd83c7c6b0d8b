import '@tensorflow/tfjs-layers';
import { gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { register } from './register.ts';

const transposes = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

function reference(a: tf.Tensor, b: tf.Tensor, ta: boolean, tb: boolean): number[] {
  const [m, k] = (ta ? a.shape.slice(-2).reverse() : a.shape.slice(-2)) as [number, number];
  const n = (tb ? b.shape.slice(-2).reverse() : b.shape.slice(-2))[1]!;
  const [x, y] = [a.dataSync(), b.dataSync()];
  const batch = Math.max(a.size / (m * k), b.size / (k * n));
  const out: number[] = [];
  for (let i = 0; i < batch; i++) {
    const [from, to] = [a.size > m * k ? i * m * k : 0, b.size > k * n ? i * k * n : 0];
    for (let r = 0; r < m; r++)
      for (let c = 0; c < n; c++) {
        let sum = 0;
        for (let p = 0; p < k; p++)
          sum += x[from + (ta ? p * m + r : r * k + p)]! * y[to + (tb ? c * k + p : p * n + c)]!;
        out.push(sum);
      }
  }
  return out;
}

describe.each(['simd128', 'relaxed-simd'] as const)('matMul [%s]', (variant) => {
  beforeAll(() => register({ variant }));

  describe.each(transposes)('transposed: %s, %s', (ta, tb) => {
    // Beyond a tile, a block of rows (64), of columns (512) and of the inner size (512).
    it.each([
      [1, 1, 1, 1],
      [1, 7, 9, 5],
      [1, 67, 13, 1031],
      [1, 5, 521, 3],
      [3, 18, 15, 70],
    ])('%i x (%i x %i x %i) equals the definition', (batch, m, n, k) => {
      const a = randomTensor<tf.Rank.R3>(ta ? [batch, k, m] : [batch, m, k], 1);
      const b = randomTensor<tf.Rank.R3>(tb ? [batch, n, k] : [batch, k, n], 2);
      expect(relativeError(tf.matMul(a, b, ta, tb).dataSync(), reference(a, b, ta, tb))).toBeLessThan(1e-5);
    });

    it('has the right gradients', () => {
      const a = randomTensor<tf.Rank.R3>(ta ? [2, 5, 3] : [2, 3, 5], 1);
      const b = randomTensor<tf.Rank.R3>(tb ? [2, 9, 5] : [2, 5, 9], 2);
      expect(gradientError((x, y) => tf.matMul(x!, y!, ta, tb), [a, b])).toBeLessThan(1e-3);
    });

    it('repeats the one matrix of a smaller batch', () => {
      const big = randomTensor<tf.Rank.R3>(ta ? [3, 4, 5] : [3, 5, 4], 1);
      const small = randomTensor<tf.Rank.R3>(tb ? [1, 6, 4] : [1, 4, 6], 2);
      expect(relativeError(tf.matMul(big, small, ta, tb).dataSync(), reference(big, small, ta, tb))).toBeLessThan(1e-5);
      const [one, many] = [randomTensor<tf.Rank.R3>(ta ? [1, 4, 5] : [1, 5, 4], 3), randomTensor<tf.Rank.R3>(tb ? [3, 6, 4] : [3, 4, 6], 4)]; // biome-ignore format: a pair
      expect(relativeError(tf.matMul(one, many, ta, tb).dataSync(), reference(one, many, ta, tb))).toBeLessThan(1e-5);
    });
  });

  it('broadcasts crossed batches as the cpu backend does', async () => {
    const [a, b] = [randomTensor<tf.Rank.R4>([2, 1, 3, 4], 1), randomTensor<tf.Rank.R4>([1, 3, 4, 5], 2)];
    const y = tf.matMul(a, b);
    expect(y.shape).toEqual([2, 3, 3, 5]);
    const [values, pa, pb] = [y, a, b].map((t) => t.dataSync()) as [Float32Array, Float32Array, Float32Array];
    for (let i = 0; i < 6; i++) {
      const left = tf.tensor3d(pa.slice(12 * Math.floor(i / 3), 12 * Math.floor(i / 3) + 12), [1, 3, 4]);
      const right = tf.tensor3d(pb.slice(20 * (i % 3), 20 * (i % 3) + 20), [1, 4, 5]);
      expect(relativeError(values.slice(15 * i, 15 * i + 15), reference(left, right, false, false))).toBeLessThan(1e-5);
    }
  });

  it('fuses bias and activation', () => {
    const [a, b, bias] = [
      randomTensor<tf.Rank.R2>([3, 4], 1),
      randomTensor<tf.Rank.R2>([4, 9], 2),
      randomTensor([9], 3),
    ];
    const plain = tf.sigmoid(tf.add(tf.matMul(a, b), bias)).dataSync();
    expect(relativeError(tf.fused.matMul({ a, b, bias, activation: 'sigmoid' }).dataSync(), plain)).toBeLessThan(1e-5);
  });
});
