import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { attention } from './attention.ts';

interface Case {
  b: number;
  t: number;
  s: number;
  c: number;
  d: number;
  heads: number;
}
const cases: Case[] = [
  { b: 2, t: 5, s: 5, c: 6, d: 6, heads: 2 },
  { b: 2, t: 3, s: 7, c: 4, d: 8, heads: 4 },
  { b: 3, t: 4, s: 1, c: 5, d: 3, heads: 1 },
];

function inputsOf({ b, t, s, c, d }: Case): tf.Tensor[] {
  return [randomTensor([b, t, c], 1), randomTensor([b, s, c], 2), randomTensor([b, s, d], 3)];
}

const f =
  (heads: number) =>
  (...[q, k, v]: tf.Tensor[]): tf.Tensor =>
    attention(q as tf.Tensor3D, k as tf.Tensor3D, v as tf.Tensor3D, { heads });

/** The definition, in float64. */
function reference({ b, t, s, c, d, heads }: Case, inputs: tf.Tensor[]): number[] {
  const [q, k, v] = inputs.map((x) => x.dataSync()) as [Float32Array, Float32Array, Float32Array];
  const [hc, hd] = [c / heads, d / heads];
  const out: number[] = [];
  for (let i = 0; i < b; i++)
    for (let row = 0; row < t; row++)
      for (let at = 0; at < d; at++) {
        const h = Math.floor(at / hd);
        const weights = Array.from({ length: s }, (_, j) => {
          let dot = 0;
          for (let p = 0; p < hc; p++) dot += q[(i * t + row) * c + h * hc + p]! * k[(i * s + j) * c + h * hc + p]!;
          return Math.exp(dot / Math.sqrt(hc));
        });
        const total = weights.reduce((a, w) => a + w);
        out.push(weights.reduce((sum, w, j) => sum + (w / total) * v[(i * s + j) * d + at]!, 0));
      }
  return out;
}

describeOnBackends('attention', () => {
  it.each(cases)('equals the definition, with its gradients: %j', (c) => {
    const inputs = inputsOf(c);
    expect(relativeError(f(c.heads)(...inputs).dataSync(), reference(c, inputs))).toBeLessThan(1e-5);
    if (c.s > 1) expect(gradientError(f(c.heads), inputs)).toBeLessThan(1e-3);
  });

  it('does not overflow', () => {
    const big = tf.mul(randomTensor([1, 4, 4]), 1e3) as tf.Tensor3D;
    const y = attention(big, big, randomTensor([1, 4, 4]), { heads: 1 }).dataSync();
    expect(Array.from(y).every(Number.isFinite)).toBe(true);
  });

  it('leaves nothing behind', async () => {
    const inputs = inputsOf(cases[0]!);
    await expectNoLeak(() => {
      tf.tidy(() => void tf.grads(f(2))(inputs));
      f(2)(...inputs).dispose();
    });
  });

  it('says which rule was broken', () => {
    const x = tf.zeros<tf.Rank.R3>([1, 2, 6]);
    expect(() => attention(x, x, x, { heads: 4 })).toThrow(/divide the 6 channels of q and the 6 of v, got 4/);
    expect(() => attention(x, tf.zeros([1, 3, 6]), x, { heads: 2 })).toThrow(/must agree/);
  });
});
