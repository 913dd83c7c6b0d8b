import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { UpsampleLinear, upsampleLinear } from './upsample-linear.ts';

describeOnBackends('upsampleLinear', () => {
  it('interpolates between pixel centres and repeats the border', () => {
    const twice = upsampleLinear(tf.tensor4d([1, 2, 4], [1, 3, 1, 1]), 2);
    expect([...tf.slice(twice, [0, 0, 0, 0], [1, 6, 1, 1]).dataSync()]).toEqual([1, 1.25, 1.75, 2.5, 3.5, 4]);
    const thrice = upsampleLinear(tf.tensor4d([0, 3], [1, 1, 2, 1]), 3);
    const row = tf.slice(thrice, [0, 0, 0, 0], [1, 1, 6, 1]).dataSync();
    expect(relativeError(row, [0, 0, 1, 2, 3, 3])).toBeLessThan(1e-6);
  });

  it('agrees with the resizing of tfjs, whose gradient is not to be had', () => {
    const x = randomTensor<tf.Rank.R4>([2, 5, 3, 2]);
    const expected = tf.image.resizeBilinear(x, [20, 12], false, true);
    expect(relativeError(upsampleLinear(x, 4).dataSync(), expected.dataSync())).toBeLessThan(1e-6);
  });

  it('has the gradient of finite differences', () => {
    expect(gradientError((x) => upsampleLinear(x as tf.Tensor4D, 4), [randomTensor([2, 3, 2, 2])])).toBeLessThan(1e-3);
  });

  it('refuses a factor that is not whole', () => {
    expect(() => new UpsampleLinear({ factor: 1.5 }).apply(randomTensor([1, 2, 2, 1]))).toThrow(
      /whole number of at least 1, got 1.5/,
    );
  });
});
