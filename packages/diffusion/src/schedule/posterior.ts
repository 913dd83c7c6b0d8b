import { requireObject } from '@medseg/arguments';
import { requireInteger } from './check.ts';
import type { Schedule } from './schedule.ts';

/** q(x_(t-1) | x_t, x0) = N(xStart x0 + xt x_t, variance). */
export interface PosteriorCoefficients {
  /** Weight of x0 in the mean. */
  readonly xStart: number;
  /** Weight of x_t in the mean. */
  readonly xt: number;
  /** Variance of x_(t-1), 0 at t = 0. */
  readonly variance: number;
  /** log of the variance, where that is 0 (t = 0) of the variance at t = 1. */
  readonly logVariance: number;
}

/**
 * The posterior of one step back (Ho et al. 2020, eq. 6 and 7). Throws RangeError when t is outside 0..T-1.
 *
 * @example const { xStart, xt, variance } = posteriorCoefficients(schedule, 500);
 */
export function posteriorCoefficients(schedule: Schedule, t: number): PosteriorCoefficients {
  requireObject('posteriorCoefficients: schedule', schedule, ['steps', 'betas', 'alphas', 'alphasCumprod']);
  requireInteger('posteriorCoefficients: t', t, 0, schedule.steps - 1);
  const { betas, alphas, alphasCumprod } = schedule;
  const now = alphasCumprod[t]!;
  const before = t > 0 ? alphasCumprod[t - 1]! : 1;
  const variance = (betas[t]! * (1 - before)) / (1 - now);
  const logVariance =
    t > 0
      ? Math.log(variance)
      : schedule.steps > 1
        ? Math.log((betas[1]! * (1 - alphasCumprod[0]!)) / (1 - alphasCumprod[1]!))
        : Math.log(betas[0]!);
  return {
    xStart: (Math.sqrt(before) * betas[t]!) / (1 - now),
    xt: (Math.sqrt(alphas[t]!) * (1 - before)) / (1 - now),
    variance,
    logVariance,
  };
}
