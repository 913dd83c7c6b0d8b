import { requireOptions } from '@medseg/arguments';
import { scheduleFromAlphaBar } from './alpha-bar.ts';
import type { Schedule } from './schedule.ts';

/**
 * Puts most training steps near log SNR 0 (Hang et al. 2024), as diffusers' `laplace` computes it: its survival curve is
 * sqrt(snr / (1 + snr)). Throws RangeError for options out of range.
 *
 * @example laplaceSchedule({ steps: 1000 });
 */
export function laplaceSchedule(
  options: {
    /** Training steps T. Default 1000. */
    readonly steps?: number;
    /** Largest beta. Default 0.999. */
    readonly maxBeta?: number;
  } = {},
): Schedule {
  requireOptions('laplaceSchedule', options, { steps: true, maxBeta: true });
  const { steps = 1000, maxBeta = 0.999 } = options;
  const schedule = scheduleFromAlphaBar(
    (u) => {
      const sign = 0.5 - u < 0 ? -1 : 1;
      const logSnr = -0.5 * sign * Math.log(1 - 2 * Math.abs(0.5 - u) + 1e-6);
      const snr = Math.exp(logSnr);
      return Math.sqrt(snr / (1 + snr));
    },
    { steps, maxBeta },
  );
  return maxBeta === 0.999 ? { ...schedule, recipe: { betaSchedule: 'laplace' } } : schedule;
}

/**
 * The survival curve exp(-12 u) (diffusers' `exp`). Throws RangeError for options out of range.
 *
 * @example exponentialSchedule({ steps: 1000 });
 */
export function exponentialSchedule(
  options: {
    /** Training steps T. Default 1000. */
    readonly steps?: number;
    /** Largest beta. Default 0.999. */
    readonly maxBeta?: number;
  } = {},
): Schedule {
  requireOptions('exponentialSchedule', options, { steps: true, maxBeta: true });
  const { steps = 1000, maxBeta = 0.999 } = options;
  const schedule = scheduleFromAlphaBar((u) => Math.exp(-12 * u), { steps, maxBeta });
  return maxBeta === 0.999 ? { ...schedule, recipe: { betaSchedule: 'exp' } } : schedule;
}
