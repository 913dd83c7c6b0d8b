import { requireOptions } from '@medseg/arguments';
import { requireInteger, requireNumber } from './check.ts';
import { type Schedule, scheduleFromBetas } from './schedule.ts';

/** Options of the schedules that lie between two betas. */
export interface BetaRangeOptions {
  /** Training steps T. Default 1000. */
  readonly steps?: number;
  /** First beta. Default 1e-4. */
  readonly betaStart?: number;
  /** Last beta. Default 0.02. */
  readonly betaEnd?: number;
}

/** Options of {@link linearSchedule}. */
export interface LinearOptions extends BetaRangeOptions {
  /**
   * Multiplies both betas by 1000 / steps, so that a shorter chain destroys as much (official MedSegDiff, lucidrains).
   * Default false (the seed, diffusers).
   */
  readonly scaleToSteps?: boolean;
}

/**
 * Betas evenly spaced between two values (Ho et al. 2020, section 4). Throws RangeError for betas outside (0, 1), and
 * so for `scaleToSteps` with fewer than 21 steps.
 *
 * @example linearSchedule({ steps: 250, scaleToSteps: true });
 */
export function linearSchedule(options: LinearOptions = {}): Schedule {
  requireOptions('linearSchedule', options, { steps: true, betaStart: true, betaEnd: true, scaleToSteps: true });
  const { steps = 1000, betaStart = 1e-4, betaEnd = 0.02, scaleToSteps = false } = options;
  requireInteger('linearSchedule: steps', steps, 1);
  const scale = scaleToSteps ? 1000 / steps : 1;
  const [first, last] = [scale * betaStart, scale * betaEnd];
  const schedule = scheduleFromBetas(linspace(first, last, steps));
  return { ...schedule, recipe: { betaSchedule: 'linear', betaStart: first, betaEnd: last } };
}

/**
 * Betas whose square roots are evenly spaced (Rombach et al. 2022): diffusers' `scaled_linear`, the seed's "quad".
 * Throws RangeError for betas outside (0, 1).
 *
 * @example scaledLinearSchedule({ betaStart: 0.00085, betaEnd: 0.012 });
 */
export function scaledLinearSchedule(options: BetaRangeOptions = {}): Schedule {
  requireOptions('scaledLinearSchedule', options, { steps: true, betaStart: true, betaEnd: true });
  const { steps = 1000, betaStart = 1e-4, betaEnd = 0.02 } = options;
  requireInteger('scaledLinearSchedule: steps', steps, 1);
  requireNumber('scaledLinearSchedule: betaStart', betaStart, 0, 1);
  requireNumber('scaledLinearSchedule: betaEnd', betaEnd, 0, 1);
  const schedule = scheduleFromBetas(linspace(Math.sqrt(betaStart), Math.sqrt(betaEnd), steps).map((b) => b * b));
  return { ...schedule, recipe: { betaSchedule: 'scaled_linear', betaStart, betaEnd } };
}

/** `count` evenly spaced values from `first` to `last`, both included; the one of a count of 1 is `first`. */
export function linspace(first: number, last: number, count: number): Float64Array {
  const values = new Float64Array(count);
  const step = count > 1 ? (last - first) / (count - 1) : 0;
  for (let i = 0; i < count; i++) values[i] = first + i * step;
  if (count > 1) values[count - 1] = last;
  return values;
}
