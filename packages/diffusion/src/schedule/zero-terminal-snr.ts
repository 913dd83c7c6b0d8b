import { requireObject } from '@medseg/arguments';
import { type Schedule, scheduleFromAlphasCumprod } from './schedule.ts';

/**
 * Shifts and scales sqrt(alphasCumprod) so that the last step holds no signal at all and the first is as before (Lin et
 * al. 2023, algorithm 1). Train with v- or x0-prediction then: noise says nothing of x0 there.
 * Throws RangeError for a schedule of one step.
 *
 * @example const schedule = rescaleZeroTerminalSnr(linearSchedule());
 */
export function rescaleZeroTerminalSnr(schedule: Schedule): Schedule {
  requireObject('rescaleZeroTerminalSnr: schedule', schedule, ['steps', 'betas', 'alphas', 'alphasCumprod']);
  if (schedule.steps < 2) throw new RangeError(`rescaleZeroTerminalSnr: needs at least 2 steps, got ${schedule.steps}`);
  const signal = schedule.alphasCumprod.map(Math.sqrt);
  const first = signal[0]!;
  const last = signal[signal.length - 1]!;
  const rescaled = scheduleFromAlphasCumprod(signal.map((s) => (((s - last) * first) / (first - last)) ** 2));
  return schedule.recipe === undefined
    ? rescaled
    : { ...rescaled, recipe: { ...schedule.recipe, zeroTerminalSnr: true } };
}
