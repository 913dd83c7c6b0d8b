import { createRandom, restoreRandom } from '@medseg/random';
import { describeOnBackends, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { cosineSchedule } from '../schedule.ts';
import { ddim } from '../schedulers/ddim.ts';
import { ddpm } from '../schedulers/ddpm.ts';
import type { NoiseSource, Scheduler } from '../schedulers/scheduler.ts';
import { sample, sampleToEnd } from './sample.ts';
import { saveSampling } from './saved.ts';

const shape = [2, 3, 4, 1] as const;

/** A source whose whole state is a counter. */
function source(seed = 1): NoiseSource & { draws: number } {
  return {
    draws: 0,
    fillNormal(values) {
      this.draws++;
      const noise = randomTensor<tf.Rank.R1>([values.length], seed * 1000 + this.draws);
      values.set(noise.dataSync());
      noise.dispose();
      return values;
    },
  };
}

const denoiser = (x: tf.Tensor4D, t: tf.Tensor1D, bias: number): tf.Tensor4D =>
  tf.add(tf.mul(tf.sin(x), 0.6), tf.add(tf.reshape(tf.div(tf.cast(t, 'float32'), 2000), [-1, 1, 1, 1]), bias));

describeOnBackends('sample', () => {
  const schedule = cosineSchedule({ steps: 100 });
  const schedulers: Scheduler[] = [ddpm(schedule, { predictionType: 'sample' }), ddim(schedule, { eta: 0.5 })];

  it('lets the event loop run between steps: an abort by a timer is heard', async () => {
    const controller = new AbortController();
    let steps = 0;
    const slow = (x: tf.Tensor4D): tf.Tensor4D => {
      const until = performance.now() + 3;
      while (performance.now() < until);
      steps++;
      return tf.mul(x, 0.5);
    };
    setTimeout(() => controller.abort(new Error('enough')), 0);
    const options = { shape, condition: 0, steps: 90, random: source(), signal: controller.signal };
    await expect(sampleToEnd(slow, schedulers[1]!, options)).rejects.toThrow('enough');
    expect(steps).toBeLessThan(45);
  });

  it('leaves no tensor behind: run to the end, left early, aborted, or stopped by a NaN', async () => {
    for (const scheduler of schedulers) {
      const options = { shape, condition: 0.1, steps: 7 };
      let before = 0;
      for (let round = 0; round < 2; round++) {
        before = tf.memory().numTensors;
        for await (const _ of sample(denoiser, scheduler, { ...options, random: source() }));
        for await (const { step } of sample(denoiser, scheduler, { ...options, random: source() }))
          if (step === 3) break;
        const controller = new AbortController();
        await expect(
          sampleToEnd(denoiser, scheduler, {
            ...options,
            random: source(),
            signal: controller.signal,
            onStep: ({ step }) => step === 2 && controller.abort(new Error('enough')),
          }),
        ).rejects.toThrow('enough');
        const broken = (x: tf.Tensor4D): tf.Tensor4D => tf.mul(x, Number.NaN);
        await expect(sampleToEnd(broken, scheduler, { ...options, random: source() })).rejects.toThrow(
          /NaN or infinity at step 1 of 7 \(t = 84\)/,
        );
        (await sampleToEnd(denoiser, scheduler, { ...options, random: source() })).dispose();
      }
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('goes on from a saved run to the same numbers', async () => {
    for (const scheduler of schedulers) {
      const options = { shape, condition: 0, steps: 6 };
      const whole = await sampleToEnd(denoiser, scheduler, { ...options, random: source() });
      const random = source();
      let json = '';
      for await (const step of sample(denoiser, scheduler, { ...options, random })) {
        if (step.step === 3) {
          json = JSON.stringify(await saveSampling(step, { json: true }));
          break;
        }
      }
      const resumed = await sampleToEnd(denoiser, scheduler, { ...options, random, resume: JSON.parse(json) });
      expect(resumed.dataSync()).toEqual(whole.dataSync());
    }
  });

  it('draws each member of a batch as if it were alone', async () => {
    const scheduler = ddpm(schedule, { predictionType: 'sample' });
    const options = { condition: 0, steps: 5 };
    const both = await sampleToEnd(denoiser, scheduler, { ...options, shape, random: [source(1), source(2)] });
    const second = await sampleToEnd(denoiser, scheduler, { ...options, shape: [1, 3, 4, 1], random: source(2) });
    expect(both.dataSync().slice(12)).toEqual(second.dataSync());
  });

  it('takes the random streams of @medseg/ops, saved and restored', async () => {
    const scheduler = ddpm(schedule, { predictionType: 'sample' });
    const options = { shape, condition: 0, steps: 4 };
    const whole = await sampleToEnd(denoiser, scheduler, { ...options, random: createRandom(5) });
    const random = createRandom(5);
    for await (const step of sample(denoiser, scheduler, { ...options, random })) {
      if (step.step < 2) continue;
      const resume = await saveSampling(step);
      const restored = restoreRandom(random.state());
      const resumed = await sampleToEnd(denoiser, scheduler, { ...options, random: restored, resume });
      expect(resumed.dataSync()).toEqual(whole.dataSync());
      break;
    }
  });

  it('mixes guidance, gives the last x0 to the denoiser and recycles', async () => {
    const scheduler = ddim(schedule, { predictionType: 'sample', clipSample: false });
    const seen: number[] = [];
    const constant = (x: tf.Tensor4D, _t: tf.Tensor1D, value: number, previous: tf.Tensor4D): tf.Tensor4D => {
      seen.push(previous.dataSync()[0]!);
      return tf.fill(x.shape, value);
    };
    const options = { shape, condition: 1, steps: 2, random: source() };
    const guided = await sampleToEnd(constant, scheduler, { ...options, guidance: { scale: 3, unconditional: 0.5 } });
    expect(guided.dataSync()[0]).toBeCloseTo(0.5 + 3 * 0.5, 6);
    expect(seen).toEqual([0, 0, 2, 2]);
    seen.length = 0;
    await sampleToEnd(constant, scheduler, { ...options, recycling: 1 });
    expect(seen).toEqual([0, 1, 1, 1]);
  });

  it('holds its memory flat over 1000 steps', async () => {
    const scheduler = ddpm(cosineSchedule(), { predictionType: 'sample' });
    const counts: number[] = [];
    for await (const _ of sample(denoiser, scheduler, {
      shape: [1, 2, 2, 1],
      condition: 0,
      steps: 1000,
      random: source(),
    })) {
      counts.push(tf.memory().numTensors);
    }
    expect(new Set(counts).size).toBe(1);
    expect(counts.length).toBe(1000);
  });
});
