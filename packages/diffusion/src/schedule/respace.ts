import { requireList, requireObject } from '@medseg/arguments';
import { requireInteger } from './check.ts';
import { type Schedule, scheduleFromAlphasCumprod } from './schedule.ts';

/** A shorter schedule and where its steps lie in the one trained on. */
export interface RespacedSchedule {
  /** The short schedule. */
  readonly schedule: Schedule;
  /** The training step of each step of the short schedule: what the network is told. */
  readonly timestepMap: Int32Array;
}

/**
 * Keeps some steps of a schedule and merges the betas between them, so that every kept step holds as much signal as
 * before (Nichol & Dhariwal 2021, section 4; guided-diffusion's `SpacedDiffusion`).
 * Throws RangeError unless the steps rise within 0..T-1.
 *
 * @example const { schedule, timestepMap } = respace(linearSchedule(), [0, 250, 500, 750, 999]);
 */
export function respace(schedule: Schedule, timesteps: ArrayLike<number>): RespacedSchedule {
  requireObject('respace: schedule', schedule, ['steps', 'betas', 'alphas', 'alphasCumprod']);
  requireList('respace: timesteps', timesteps);
  requireInteger('respace: the number of timesteps', timesteps.length, 1, schedule.steps);
  const timestepMap = Int32Array.from(timesteps);
  for (let i = 0; i < timesteps.length; i++) {
    requireInteger(`respace: timestep ${i}`, timesteps[i]!, i === 0 ? 0 : timesteps[i - 1]! + 1, schedule.steps - 1);
  }
  const kept = Float64Array.from(timestepMap, (t) => schedule.alphasCumprod[t]!);
  return { schedule: scheduleFromAlphasCumprod(kept), timestepMap };
}
