import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { linearAttention } from './linear-attention.ts';

interface Case {
  b: number;
  t: number;
  c: number;
  heads: number;
}
// Heads of whole vectors of four and not, one pixel, pixels that leave a rest.
const cases: Case[] = [
  { b: 2, t: 7, c: 8, heads: 2 },
  { b: 2, t: 5, c: 6, heads: 2 },
  { b: 3, t: 6, c: 12, heads: 1 },
  { b: 2, t: 1, c: 8, heads: 1 },
];
const f =
  (heads: number) =>
  (qkv: tf.Tensor): tf.Tensor =>
    linearAttention(qkv as tf.Tensor3D, { heads });

/** The definition, in float64. */
function reference({ b, t, c, heads }: Case, values: ArrayLike<number>): number[] {
  const size = c / heads;
  const at = (i: number, p: number, part: number, channel: number): number =>
    values[(i * t + p) * 3 * c + part * c + channel]!;
  const softmax = (list: number[]): number[] => {
    const e = list.map((v) => Math.exp(v - Math.max(...list)));
    const sum = e.reduce((x, y) => x + y);
    return e.map((v) => v / sum);
  };
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const out = new Array<number>(b * t * c).fill(0);
  for (let i = 0; i < b; i++)
    for (let h = 0; h < c; h += size) {
      const keys = range(size).map((d) => softmax(range(t).map((p) => at(i, p, 1, h + d))));
      for (let p = 0; p < t; p++) {
        const query = softmax(range(size).map((d) => at(i, p, 0, h + d)));
        for (let e = 0; e < size; e++)
          for (let d = 0; d < size; d++)
            for (let s = 0; s < t; s++)
              out[(i * t + p) * c + h + e]! += (query[d]! * keys[d]![s]! * at(i, s, 2, h + e)) / Math.sqrt(size);
      }
    }
  return out;
}

describeOnBackends('linearAttention', () => {
  it.each(cases)('equals the definition, with its gradient: %j', (c) => {
    const qkv = randomTensor([c.b, c.t, 3 * c.c], 1);
    expect(relativeError(f(c.heads)(qkv).dataSync(), reference(c, qkv.dataSync()))).toBeLessThan(1e-5);
    expect(gradientError(f(c.heads), [qkv], { samples: 60 })).toBeLessThan(1e-3);
  });

  it('does not overflow', () => {
    const big = tf.mul(randomTensor([1, 4, 24]), 1e3);
    expect(Array.from(f(2)(big).dataSync()).every(Number.isFinite)).toBe(true);
  });

  it('leaves nothing behind', async () => {
    const qkv = randomTensor([2, 3, 24], 1);
    await expectNoLeak(() => {
      tf.tidy(() => void tf.grad(f(2))(qkv));
      f(2)(qkv).dispose();
    });
  });

  it('says which rule was broken', () => {
    expect(() => f(1)(tf.zeros([1, 2, 4]))).toThrow(/must be \[B, T, 3 C\], got \[1,2,4\]/);
    expect(() => f(4)(tf.zeros([1, 2, 18]))).toThrow(/divide the 6 channels, got 4/);
  });
});
