import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { cosineSineCode, GuidedTimeEmbedding, guidedTimeEmbedding } from './guided-time-embedding.ts';

describeOnBackends('guidedTimeEmbedding', () => {
  it('codes time as cosines and sines of falling frequency', () => {
    const code = cosineSineCode(tf.tensor1d([0, 7, 999], 'int32'), 4).arraySync();
    [0, 7, 999].forEach((t, row) => {
      const expected = [Math.cos(t), Math.cos(t / 100), Math.sin(t), Math.sin(t / 100)];
      expected.forEach((value, i) => void expect(code[row]![i]).toBeCloseTo(value, 4));
    });
  });

  const run = (...t: tf.Tensor[]): tf.Tensor2D =>
    guidedTimeEmbedding(
      tf.tensor2d([[3], [500]]),
      tf.tensor2d([[1], [2]]),
      {
        linear1: { weight: t[0] as tf.Tensor2D, bias: t[1] as tf.Tensor1D },
        linear2: { weight: t[2] as tf.Tensor2D, bias: t[3] as tf.Tensor1D },
        label: { weight: t[4] as tf.Tensor2D },
      },
      { frequencies: 6 },
    );
  const tensors = (): tf.Tensor[] => [
    randomTensor([6, 4], 1),
    randomTensor([4], 2),
    randomTensor([4, 3], 3),
    randomTensor([3], 4),
    randomTensor([3, 3], 5),
  ];

  it('has the gradient of finite differences in its weights', () => {
    expect(gradientError(run, tensors())).toBeLessThan(1e-3);
  });

  it("adds the class's vector", () => {
    const t = tensors();
    const without = run(...t.slice(0, 4), tf.zeros([3, 3]));
    const expected = tf.add(without, tf.slice(t[4]!, [1, 0], [2, 3]));
    expect(relativeError(run(...t).dataSync(), expected.dataSync())).toBeLessThan(1e-6);
  });

  it('refuses an odd number of frequencies, and a class without classes', () => {
    expect(() => cosineSineCode(tf.tensor1d([1]), 5)).toThrow(/even and at least 2, got 5/);
    const layer = new GuidedTimeEmbedding({ frequencies: 4, channels: 4 });
    expect(() => layer.apply([tf.zeros([1, 1]), tf.zeros([1, 1])])).toThrow(/exactly where classes is given/);
  });
});
