import { cosineSchedule, ddim, ddpm, linearSchedule, type Scheduler } from '@medseg/diffusion';
import { createRandom } from '@medseg/random';
import { describeOnBackends, expectNoLeak } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type EnsembleOptions, sampleMasks } from './sample-masks.ts';

const ensemble = {
  steps: 4,
  members: 2,
  noise: (image: number, member: number) => createRandom(3).fork(image).fork(member),
} satisfies Partial<EnsembleOptions>;

const schedule = linearSchedule();

/** Knows x_0 (its condition) and says it as noise or v, as the process defines them. */
function knowing(
  predictionType: 'epsilon' | 'v_prediction',
): (x: tf.Tensor4D, t: tf.Tensor1D, x0: tf.Tensor4D) => tf.Tensor4D {
  return (x, t, x0) => {
    const a = schedule.alphasCumprod[t.dataSync()[0]!]!;
    const noise = tf.div<tf.Tensor4D>(tf.sub(x, tf.mul(x0, Math.sqrt(a))), Math.sqrt(1 - a));
    if (predictionType === 'epsilon') return noise;
    return tf.sub(tf.mul(noise, Math.sqrt(a)), tf.mul(x0, Math.sqrt(1 - a)));
  };
}

describeOnBackends('sampleMasks', () => {
  const mask = (): tf.Tensor4D => tf.tensor4d([1, -1, -1, 1, -1, 1, 1, -1], [2, 2, 2, 1]);
  const inside = [
    [1, 0, 0, 1],
    [0, 1, 1, 0],
  ];

  it.each(['epsilon', 'v_prediction'] as const)(
    'draws masks from a network that predicts %s',
    async (predictionType) => {
      const schedulers: Scheduler[] = [
        ddim(schedule, { predictionType, timestepSpacing: 'trailing' }),
        ddpm(schedule, { predictionType, timestepSpacing: 'trailing' }),
      ];
      for (const scheduler of schedulers) {
        const results = await sampleMasks(knowing(predictionType), mask(), {
          ...ensemble,
          scheduler,
          shape: [2, 2, 2, 1],
        });
        results.forEach(({ probability, anchor }, i) => {
          expect(anchor).toBeUndefined();
          probability.forEach((p, at) => void expect(p).toBeCloseTo(inside[i]![at]!, 3));
        });
      }
    },
  );

  it('reads masks of another range and keeps probabilities in theirs', async () => {
    const scheduler = ddim(cosineSchedule(), { predictionType: 'sample', timestepSpacing: 'trailing' });
    const [result] = await sampleMasks((_x, _t, c) => tf.clone(c), tf.tensor4d([-0.2, 0.25, 1, 0.5], [1, 2, 2, 1]), {
      ...ensemble,
      scheduler,
      shape: [1, 2, 2, 1],
      range: [0, 1],
    });
    expect([...result!.probability]).toEqual([0, 0.25, 1, 0.5]);
  });

  it('hands the last prediction to a denoiser that takes it, and leaves no tensor behind', async () => {
    const scheduler = ddim(cosineSchedule(), { predictionType: 'sample', timestepSpacing: 'trailing' });
    const seen: number[] = [];
    await expectNoLeak(async () => {
      const condition = tf.fill([1, 1, 1, 1], 0.5) as tf.Tensor4D;
      await sampleMasks(
        (_x, _t, c, previous) => {
          seen.push(previous.dataSync()[0]!);
          return tf.clone(c);
        },
        condition,
        { ...ensemble, steps: 3, scheduler, shape: [1, 1, 1, 1] },
      );
      condition.dispose();
    });
    expect(seen.slice(0, 3)).toEqual([0, 0.5, 0.5]);
  });
});
