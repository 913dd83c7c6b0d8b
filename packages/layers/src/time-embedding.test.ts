import { describeOnBackends, gradientError, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { productCode, sinusoidalCode, timeEmbedding } from './time-embedding.ts';

describeOnBackends('timeEmbedding', () => {
  it('codes time as sines and cosines of falling frequency', () => {
    const code = sinusoidalCode(tf.tensor1d([0, 7, 999], 'int32'), 6).arraySync();
    [0, 7, 999].forEach((t, row) => {
      const frequencies = [1, 0.01, 0.0001];
      const expected = [...frequencies.map((f) => Math.sin(t * f)), ...frequencies.map((f) => Math.cos(t * f))];
      expected.forEach((value, i) => void expect(code[row]![i]).toBeCloseTo(value, 4));
    });
  });

  it('codes time as a multiple of one vector where asked, as deepmancer/medseg-diffusion does', () => {
    const code = productCode(tf.tensor1d([0, 7, 999], 'int32'), 6).arraySync();
    const row = [1, 0.01, 0.0001].map(Math.sin).concat([1, 0.01, 0.0001].map(Math.cos));
    [0, 7, 999].forEach((t, at) => {
      row.forEach((value, i) => void expect(code[at]![i]! / 999).toBeCloseTo((t * value) / 999, 6));
    });
  });

  it.each(['silu', 'gelu'] as const)('has the gradient of finite differences in its weights, with %s', (activation) => {
    const t = tf.tensor2d([[3], [500]]);
    const error = gradientError(
      (w1, b1, w2, b2) =>
        timeEmbedding(
          t,
          {
            linear1: { weight: w1 as tf.Tensor2D, bias: b1 as tf.Tensor1D },
            linear2: { weight: w2 as tf.Tensor2D, bias: b2 as tf.Tensor1D },
          },
          { frequencies: 6, activation },
        ),
      [randomTensor([6, 4], 1), randomTensor([4], 2), randomTensor([4, 3], 3), randomTensor([3], 4)],
    );
    expect(error).toBeLessThan(1e-3);
  });

  it('refuses an odd number of frequencies', () => {
    expect(() => sinusoidalCode(tf.tensor1d([1]), 5)).toThrow(/even and at least 4, got 5/);
  });
});
