import { normalTensor } from '@medseg/ops';
import { createRandom } from '@medseg/random';
import { describeOnBackends, expectNoLeak, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { calibrationLoss } from '../losses/calibration.ts';
import { addNoise } from '../process/add-noise.ts';
import { cosineSchedule } from '../schedule.ts';
import { repeatForMembers, splitMembers } from './ensemble.ts';
import { recycledInput } from './recycling.ts';

describeOnBackends('recycling and ensembles', () => {
  it('noises the clipped prediction, not the truth', async () => {
    const schedule = cosineSchedule({ steps: 50 });
    const x0 = tf.ones<tf.Rank.R4>([2, 2, 2, 1]);
    const t = [10, 40];
    const asked: number[] = [];
    const denoiser = (x: tf.Tensor4D, at: tf.Tensor1D): tf.Tensor4D => {
      asked.push(...at.dataSync());
      return tf.fill(x.shape, -3);
    };
    const random = createRandom(4);
    const [noise, noisier] = [0, 1].map(() => normalTensor<tf.Rank.R4>(random, [2, 2, 2, 1]));
    const options = { condition: null, noise: noise!, from: { t: [20, 49], noise: noisier! } };
    const xt = recycledInput(denoiser, schedule, x0, t, options);
    const expected = addNoise(schedule, tf.fill([2, 2, 2, 1], -1), noise!, t);
    expect(relativeError(xt.dataSync(), expected.dataSync())).toBeLessThan(1e-6);
    expect(asked).toEqual([20, 49]);
    await expectNoLeak(() => recycledInput(denoiser, schedule, x0, t, options).dispose());
  });

  it('gives the denoiser the truth at the noisier step, and reads what it predicts', () => {
    const schedule = cosineSchedule({ steps: 50 });
    const random = createRandom(5);
    const [noise, noisier] = [0, 1].map(() => normalTensor<tf.Rank.R4>(random, [1, 2, 2, 1]));
    const x0 = tf.tensor4d([1, -1, 1, -1], [1, 2, 2, 1]);
    let seen: tf.Tensor | undefined;
    // A denoiser that finds the noise: what it predicts is the truth.
    const denoiser = (x: tf.Tensor4D): tf.Tensor4D => {
      seen = tf.keep(tf.clone(x));
      return tf.clone(noisier!);
    };
    const options = { condition: null, noise: noise!, from: { t: [40], noise: noisier! } };
    const xt = recycledInput(denoiser, schedule, x0, [10], { ...options, predictionType: 'epsilon' });
    expect(relativeError(seen!.dataSync(), addNoise(schedule, x0, noisier!, [40]).dataSync())).toBeLessThan(1e-6);
    expect(relativeError(xt.dataSync(), addNoise(schedule, x0, noise!, [10]).dataSync())).toBeLessThan(1e-4);
  });

  it('repeats each image for its members and splits them again', () => {
    const x = tf.tensor4d([1, 2, 3, 4], [2, 1, 2, 1]);
    const repeated = repeatForMembers(x, 3);
    expect(Array.from(repeated.dataSync())).toEqual([1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4]);
    const [, second] = splitMembers(repeated, 3);
    expect(Array.from(second!.dataSync())).toEqual([3, 4, 3, 4, 3, 4]);
    expect(() => splitMembers(repeated, 4)).toThrow(RangeError);
    expect(() => repeatForMembers(x, 0)).toThrow(RangeError);
  });

  it('weighs the calibration term by 10', () => {
    const half = tf.fill([1, 2, 2, 1], 0.5) as tf.Tensor4D;
    expect(calibrationLoss(half, tf.ones([1, 2, 2, 1])).dataSync()[0]).toBeCloseTo(2.5, 6);
    expect(() => calibrationLoss(half, tf.ones([1, 2, 1, 1]))).toThrow(RangeError);
  });
});
