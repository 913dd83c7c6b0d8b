import { describeOnBackends, gradientError, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { AttentiveFusion, attentiveFusion } from './attentive-fusion.ts';

describeOnBackends('attentiveFusion', () => {
  const run = (...t: tf.Tensor[]): tf.Tensor4D =>
    attentiveFusion(t[0] as tf.Tensor4D, t[1] as tf.Tensor4D, {
      project: { weight: t[2] as tf.Tensor4D, bias: t[3] as tf.Tensor1D },
      parser: { map: t[4] as tf.Tensor3D },
      normNoise: { weight: t[5] as tf.Tensor1D, bias: t[6] as tf.Tensor1D },
      normCondition: { weight: t[7] as tf.Tensor1D, bias: t[8] as tf.Tensor1D },
    });
  const tensors = (): tf.Tensor[] => [
    randomTensor([2, 4, 4, 3], 1),
    randomTensor([2, 4, 4, 5], 2),
    randomTensor([1, 1, 5, 3], 3),
    randomTensor([3], 4),
    randomTensor([4, 4, 3], 5),
    randomTensor([3], 6),
    randomTensor([3], 7),
    randomTensor([3], 8),
    randomTensor([3], 9),
  ];

  it('has the gradient of finite differences in every weight and input', () => {
    expect(gradientError(run, tensors(), { step: 2e-3 })).toBeLessThan(1e-3);
  });

  it('passes h through where the condition is nothing', () => {
    const t = tensors();
    t[2] = tf.zeros([1, 1, 5, 3]);
    t[3] = tf.zeros([3]);
    expect([...run(...t).dataSync()]).toEqual([...t[0]!.dataSync()]);
  });

  it('adds only the projected condition where the affinity is nothing', () => {
    const t = tensors();
    t[5] = tf.zeros([3]);
    t[6] = tf.zeros([3]);
    const g = tf.add(tf.conv2d(t[1] as tf.Tensor4D, t[2] as tf.Tensor4D, 1, 'same'), t[3]!);
    expect(tf.max(tf.abs(tf.sub(run(...t), tf.add(t[0]!, g)))).dataSync()[0]).toBeLessThan(1e-5);
  });

  it('refuses feature maps of two sizes', () => {
    const layer = new AttentiveFusion({});
    expect(() => layer.apply([randomTensor([1, 4, 4, 3]), randomTensor([1, 8, 8, 3])])).toThrow(
      /one size, got 4x4 and 8x8/,
    );
  });
});
