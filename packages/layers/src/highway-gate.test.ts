import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { HighwayGate, highwayGate } from './highway-gate.ts';

describeOnBackends('highwayGate', () => {
  const run = (...t: tf.Tensor[]): tf.Tensor4D =>
    highwayGate(t[0] as tf.Tensor4D, t[1] as tf.Tensor4D, {
      project: { weight: t[2] as tf.Tensor4D, bias: t[3] as tf.Tensor1D },
      parser: { map: t[4] as tf.Tensor4D },
      mask: { weight: t[5] as tf.Tensor4D, bias: t[6] as tf.Tensor1D },
    });
  const tensors = (): tf.Tensor[] => [
    randomTensor([2, 4, 4, 3], 1),
    randomTensor([2, 4, 4, 2], 2),
    randomTensor([1, 1, 2, 3], 3),
    randomTensor([3], 4),
    randomTensor([4, 3, 3, 2], 5),
    randomTensor([1, 1, 3, 1], 6),
    randomTensor([1], 7),
  ];

  it('has the gradient of finite differences in every weight and input', () => {
    expect(gradientError(run, tensors(), { step: 5e-3 })).toBeLessThan(1e-3);
  });

  it('weighs by the tap and its mean where the parser passes everything', () => {
    const t = tensors();
    t[1] = tf.fill([2, 4, 4, 2], 0.5);
    t[4] = tf.stack([tf.ones([4, 3, 3]), tf.zeros([4, 3, 3])], 3);
    const g = tf.add(tf.matMul(tf.fill([1, 2], 0.5), tf.reshape(t[2]!, [2, 3])), t[3]!); // one value a channel
    const mask = tf.add(tf.matMul(g as tf.Tensor2D, tf.reshape(t[5]!, [3, 1])), t[6]!);
    const expected = tf.mul(tf.mul(t[0]!, tf.reshape(mask, [])), g);
    expect(relativeError(run(...t).dataSync(), expected.dataSync())).toBeLessThan(1e-5);
  });

  it('refuses a tap of another size', () => {
    const layer = new HighwayGate({});
    expect(() => layer.apply([randomTensor([1, 4, 4, 3]), randomTensor([1, 8, 8, 3])])).toThrow(
      /one size, got 4x4 and 8x8/,
    );
  });
});
