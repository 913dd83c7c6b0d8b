import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { linearAttention } from './linear-attention.ts';

interface Case {
  b: number;
  t: number;
  c: number;
  h: number;
  d: number;
  heads: number;
}
// Heads of whole vectors of four and not, one pixel, odd channels, more pixels than a block.
const cases: Case[] = [
  { b: 2, t: 7, c: 4, h: 8, d: 4, heads: 2 },
  { b: 2, t: 5, c: 3, h: 6, d: 5, heads: 2 },
  { b: 3, t: 6, c: 5, h: 12, d: 3, heads: 1 },
  { b: 2, t: 1, c: 4, h: 8, d: 9, heads: 1 },
  { b: 1, t: 130, c: 3, h: 4, d: 2, heads: 1 },
];
const f =
  (heads: number) =>
  (...[x, qkv, out, bias]: tf.Tensor[]): tf.Tensor =>
    linearAttention(x as tf.Tensor3D, qkv as tf.Tensor2D, out as tf.Tensor2D, (bias ?? null) as tf.Tensor1D | null, {
      heads,
    });

function inputsOf({ b, t, c, h, d }: Case): tf.Tensor[] {
  return [randomTensor([b, t, c], 1), randomTensor([c, 3 * h], 2), randomTensor([h, d], 3), randomTensor([d], 4)];
}

/** The definition, in float64. */
function reference({ b, t, c, h, d, heads }: Case, inputs: tf.Tensor[]): number[] {
  const [x, qkv, wo, bias] = inputs.map((tensor) => tensor.dataSync()) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const size = h / heads;
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const softmax = (list: number[]): number[] => {
    const e = list.map((v) => Math.exp(v - Math.max(...list)));
    const sum = e.reduce((p, q) => p + q);
    return e.map((v) => v / sum);
  };
  const result: number[] = [];
  for (let i = 0; i < b; i++) {
    const at = (p: number, column: number): number =>
      range(c).reduce((sum, j) => sum + x[(i * t + p) * c + j]! * qkv[j * 3 * h + column]!, 0);
    const keys = range(h).map((column) => softmax(range(t).map((p) => at(p, h + column))));
    for (let p = 0; p < t; p++) {
      const mixed = range(heads).flatMap((head) => {
        const query = softmax(range(size).map((j) => at(p, head * size + j)));
        return range(size).map((e) => {
          let sum = 0;
          for (let j = 0; j < size; j++)
            for (let s = 0; s < t; s++) sum += query[j]! * keys[head * size + j]![s]! * at(s, 2 * h + head * size + e);
          return sum / Math.sqrt(size);
        });
      });
      for (let e = 0; e < d; e++) result.push(mixed.reduce((sum, v, j) => sum + v * wo[j * d + e]!, bias[e]!));
    }
  }
  return result;
}

describeOnBackends('linearAttention', () => {
  it.each(cases)('equals the definition, with its gradients: %j', (c) => {
    const inputs = inputsOf(c);
    expect(relativeError(f(c.heads)(...inputs).dataSync(), reference(c, inputs))).toBeLessThan(1e-5);
    expect(gradientError(f(c.heads), inputs)).toBeLessThan(1e-3);
  });

  it('needs no bias', () => {
    const inputs = inputsOf(cases[0]!);
    const expected = tf.sub(f(2)(...inputs), inputs[3]!).dataSync();
    expect(relativeError(f(2)(...inputs.slice(0, 3)).dataSync(), expected)).toBeLessThan(1e-5);
    expect(gradientError(f(2), inputs.slice(0, 3))).toBeLessThan(1e-3);
  });

  it('does not overflow', () => {
    const [x, ...weights] = inputsOf(cases[0]!);
    expect(Array.from(f(2)(tf.mul(x!, 1e3), ...weights).dataSync()).every(Number.isFinite)).toBe(true);
  });

  it('leaves nothing behind', async () => {
    const inputs = inputsOf(cases[0]!);
    await expectNoLeak(() => {
      tf.tidy(() => void tf.grads(f(2))(inputs));
      f(2)(...inputs).dispose();
    });
  });

  it('says which rule was broken', () => {
    const [x, qkv, out, bias] = inputsOf(cases[0]!) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    expect(() => f(2)(x, tf.zeros([4, 20]), out)).toThrow(/must agree, got \[2,7,4\], \[4,20\], \[8,4\]/);
    expect(() => f(2)(x, qkv, out, tf.zeros([3]))).toThrow(/bias must be \[4\]/);
    expect(() => f(3)(x, qkv, out, bias)).toThrow(/divide the 8 channels, got 3/);
  });
});
