import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { linearSchedule } from '../schedule.ts';
import { ddim } from '../schedulers/ddim.ts';
import type { Scheduler } from '../schedulers/scheduler.ts';
import type { SchedulerConfig } from './fields.ts';
import { readSchedulerConfig, writeSchedulerConfig } from './scheduler-config.ts';

/** Where a network that returns half of its input leads from (1, -0.5). */
function walk(scheduler: Scheduler, steps: number): { timesteps: readonly number[]; end: number[] } {
  const plan = scheduler.plan(steps);
  const noise = { fillNormal: (values: Float32Array) => values.fill(0) };
  const end = tf.tidy(() => {
    let x = tf.mul<tf.Tensor4D>(tf.tensor4d([1, -0.5], [1, 1, 1, 2]), plan.initialNoiseScale);
    let state = plan.start();
    for (let index = 0; index < plan.timesteps.length; index++) {
      ({ prev: x, state } = plan.step(state, tf.mul(x, 0.5 * plan.inputScale(index)), x, noise));
    }
    return Array.from(x.dataSync());
  });
  return { timesteps: plan.timesteps, end };
}

describe('a scheduler read from its configuration', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const trailing = { num_train_timesteps: 100, timestep_spacing: 'trailing' };
  // The ends as diffusers 0.42.1 gives them.
  const ends: readonly [string, SchedulerConfig, steps: number, calls: number, last: number, end: number][] = [
    ['DDIMScheduler', trailing, 29, 30, -1, 0.9640729427337646],
    [
      'DDIMInverseScheduler',
      { ...trailing, prediction_type: 'v_prediction', clip_sample: false },
      29,
      30,
      99,
      1.4762260913848877,
    ],
    ['DPMSolverMultistepScheduler', trailing, 29, 30, -1, 0.9610288739204407],
    ['UniPCMultistepScheduler', { ...trailing, use_karras_sigmas: true }, 29, 29, 0, 0.9604921340942383],
    ['EulerDiscreteScheduler', trailing, 29, 30, -1, 0.7661450505256653],
    ['DDIMScheduler', { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' }, 3, 3, 332, 0.8420191407203674],
    [
      'UniPCMultistepScheduler',
      { predict_x0: false, thresholding: true, final_sigmas_type: 'sigma_min' },
      3,
      3,
      333,
      35.545921325683594,
    ],
    ['DDPMScheduler', { variance_type: 'fixed_large_log', timestep_spacing: 'leading' }, 1, 1, 0, 0.9950493574142456],
  ];
  it.each(ends)('%s %j goes where diffusers goes in %i steps', (name, config, steps, calls, last, end) => {
    const walked = walk(readSchedulerConfig({ ...config, _class_name: name }), steps);
    expect(walked.timesteps.length).toBe(calls);
    expect(walked.timesteps.at(-1)).toBe(last);
    expect(Math.abs(walked.end[0]! - end)).toBeLessThan(1e-4 * Math.max(1, end));
  });

  it('finds the step of a sigma where the table of zero terminal SNR does not rise', () => {
    const config = { rescale_betas_zero_snr: true, use_exponential_sigmas: true, final_sigmas_type: 'sigma_min' };
    const plan = readSchedulerConfig({ ...config, _class_name: 'UniPCMultistepScheduler' }).plan(100);
    expect(plan.timesteps.slice(0, 4)).toEqual([995, 994, 994, 993]);
  });

  it('refuses what has no finite result there either', () => {
    const unclipped = { rescale_betas_zero_snr: true, timestep_spacing: 'trailing', clip_sample: false };
    const negative = { variance_type: 'fixed_large_log' };
    expect(() => readSchedulerConfig({ ...unclipped, _class_name: 'DDIMScheduler' }).plan(3)).toThrow(/zero terminal/);
    expect(() => readSchedulerConfig({ ...negative, _class_name: 'DDPMScheduler' }).plan(3)).toThrow(/square root/);
  });

  it('keeps to our own numbers when that is what was written', () => {
    const own = ddim(linearSchedule({ steps: 100 }), { timestepSpacing: 'trailing' });
    const again = readSchedulerConfig(writeSchedulerConfig(own));
    expect(own.plan(29).timesteps.length).toBe(29);
    expect(again.plan(29).timesteps).toEqual(own.plan(29).timesteps);
    const theirs = readSchedulerConfig({ ...trailing, _class_name: 'DDIMScheduler' });
    const theirsAgain = readSchedulerConfig(writeSchedulerConfig(theirs));
    expect(theirsAgain.plan(29).timesteps).toEqual(theirs.plan(29).timesteps);
  });
});
