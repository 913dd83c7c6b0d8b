import { requireOptions } from '@medseg/arguments';
import { scheduleFromAlphaBar } from './alpha-bar.ts';
import { requireInteger, requireNumber } from './check.ts';
import { type BetaRangeOptions, linspace } from './linear.ts';
import { type Schedule, scheduleFromBetas } from './schedule.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Options of {@link sigmoidSchedule}. */
export interface SigmoidOptions {
  /** Training steps T. Default 1000. */
  readonly steps?: number;
  /** Where on the sigmoid the curve starts. Default -3. */
  readonly start?: number;
  /** Where on the sigmoid it ends. Default 3. */
  readonly end?: number;
  /** Temperature: smaller is steeper. Default 1. */
  readonly tau?: number;
  /** Largest beta. Default 0.999. */
  readonly maxBeta?: number;
}

/**
 * A survival curve that is a piece of a sigmoid, for large images (Jabri et al. 2022, algorithm 1).
 * Throws RangeError unless start < end and tau > 0.
 *
 * @example sigmoidSchedule({ steps: 1000, tau: 0.9 });
 */
export function sigmoidSchedule(options: SigmoidOptions = {}): Schedule {
  requireOptions('sigmoidSchedule', options, { steps: true, start: true, end: true, tau: true, maxBeta: true });
  const { steps = 1000, start = -3, end = 3, tau = 1, maxBeta = 0.999 } = options;
  requireNumber('sigmoidSchedule: tau', tau, Number.MIN_VALUE);
  if (!(start < end)) throw new RangeError(`sigmoidSchedule: start must lie below end, got ${start} and ${end}`);
  const first = sigmoid(start / tau);
  const last = sigmoid(end / tau);
  return scheduleFromAlphaBar((u) => (last - sigmoid((u * (end - start) + start) / tau)) / (last - first), {
    steps,
    maxBeta,
  });
}

/**
 * Betas that follow a sigmoid from betaStart to betaEnd (GeoDiff, Xu et al. 2022; diffusers' `sigmoid`).
 * Throws RangeError for betas outside (0, 1).
 *
 * @example sigmoidBetaSchedule({ steps: 1000 });
 */
export function sigmoidBetaSchedule(options: BetaRangeOptions = {}): Schedule {
  requireOptions('sigmoidBetaSchedule', options, { steps: true, betaStart: true, betaEnd: true });
  const { steps = 1000, betaStart = 1e-4, betaEnd = 0.02 } = options;
  requireInteger('sigmoidBetaSchedule: steps', steps, 1);
  const schedule = scheduleFromBetas(linspace(-6, 6, steps).map((x) => sigmoid(x) * (betaEnd - betaStart) + betaStart));
  return { ...schedule, recipe: { betaSchedule: 'sigmoid', betaStart, betaEnd } };
}
