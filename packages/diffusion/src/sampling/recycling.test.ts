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
    const xt = recycledInput(denoiser, schedule, x0, t, { condition: null, random: createRandom(4) });
    const random = createRandom(4);
    normalTensor<tf.Rank.R4>(random, [2, 2, 2, 1]);
    const expected = addNoise(schedule, tf.fill([2, 2, 2, 1], -1), normalTensor<tf.Rank.R4>(random, [2, 2, 2, 1]), t);
    expect(relativeError(xt.dataSync(), expected.dataSync())).toBeLessThan(1e-6);
    expect(asked).toEqual([49, 49]);
    await expectNoLeak(() =>
      recycledInput(denoiser, schedule, x0, t, { condition: null, random: createRandom(4) }).dispose(),
    );
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
