import { requireInteger, requireNumber } from './check.ts';
import { type Schedule, scheduleFromBetas } from './schedule.ts';

/**
 * Discretises a continuous survival curve: b_i = min(1 - a((i + 1) / T) / a(i / T), maxBeta) (Nichol & Dhariwal 2021).
 * `alphaBar` falls from 1 at u = 0 to about 0 at u = 1. Throws RangeError for a step count below 1.
 *
 * @example scheduleFromAlphaBar((u) => Math.exp(-12 * u), { steps: 1000 });
 */
export function scheduleFromAlphaBar(
  alphaBar: (u: number) => number,
  {
    steps = 1000,
    maxBeta = 0.999,
  }: {
    /** Training steps T. Default 1000. */
    steps?: number;
    /** Largest beta. Default 0.999. */
    maxBeta?: number;
  } = {},
): Schedule {
  requireInteger('schedule: steps', steps, 1);
  requireNumber('schedule: maxBeta', maxBeta, 0, 1);
  const betas = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    betas[i] = Math.min(1 - alphaBar((i + 1) / steps) / alphaBar(i / steps), maxBeta);
  }
  return scheduleFromBetas(betas);
}
