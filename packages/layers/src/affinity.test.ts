import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { Affinity, affinity } from './affinity.ts';

describeOnBackends('affinity', () => {
  const run =
    (weighs: 'condition' | 'normalised') =>
    (...t: tf.Tensor[]): tf.Tensor4D =>
      affinity(
        t[0] as tf.Tensor4D,
        t[1] as tf.Tensor4D,
        {
          normNoise: { weight: t[2] as tf.Tensor1D, bias: t[3] as tf.Tensor1D },
          normCondition: { weight: t[4] as tf.Tensor1D, bias: t[5] as tf.Tensor1D },
        },
        { weighs },
      );
  const tensors = (): tf.Tensor[] =>
    [[2, 3, 2, 4], [2, 3, 2, 4], [4], [4], [4], [4]].map((shape, i) => randomTensor(shape as [number], i + 1));

  it.each(['condition', 'normalised'] as const)('has the gradient of finite differences, weighing %s', (weighs) => {
    expect(gradientError(run(weighs), tensors(), { step: 2e-3 })).toBeLessThan(5e-3);
  });

  it('weighs the condition by the product of both biases where the gains are zero', () => {
    const [x, c, , noise, , condition] = tensors();
    const t = [x!, c!, tf.zeros([4]), noise!, tf.zeros([4]), condition!];
    const product = tf.mul(noise!, condition!);
    expect(relativeError(run('condition')(...t).dataSync(), tf.mul(product, c!).dataSync())).toBeLessThan(1e-5);
    const normalised = tf.broadcastTo(tf.mul(product, condition!), c!.shape);
    expect(relativeError(run('normalised')(...t).dataSync(), normalised.dataSync())).toBeLessThan(1e-5);
  });

  it('refuses maps of different shapes', () => {
    expect(() => new Affinity({}).apply([randomTensor([1, 4, 4, 2]), randomTensor([1, 4, 2, 2])])).toThrow(
      /must have one shape, got 4x4x2 and 4x2x2/,
    );
  });
});
