import { requireInteger } from './check.ts';

/** A discrete noise schedule (Ho et al. 2020, section 2): tables over the training steps t = 0..steps-1, in float64. */
export interface Schedule {
  /** Number of training steps T. */
  readonly steps: number;
  /** Variance b_t of the noise that step t adds. */
  readonly betas: Float64Array;
  /** a_t = 1 - b_t. */
  readonly alphas: Float64Array;
  /** Product of a_0..a_t: the share of the signal's variance that is left at t. */
  readonly alphasCumprod: Float64Array;
  /** How the betas came about, where diffusers has a name for it; else they are written out one by one. */
  readonly recipe?: ScheduleRecipe;
}

/** A schedule by diffusers' name. */
export interface ScheduleRecipe {
  /** Diffusers' name of the rule that the betas follow. */
  readonly betaSchedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2' | 'sigmoid' | 'laplace' | 'exp';
  /** First beta; absent where the rule has none. */
  readonly betaStart?: number;
  /** Last beta; absent where the rule has none. */
  readonly betaEnd?: number;
  /** Whether it was rescaled to zero terminal SNR. Default false. */
  readonly zeroTerminalSnr?: boolean;
}

/**
 * Makes a schedule from its betas (Ho et al. 2020, eq. 2 and 4).
 * Throws RangeError when there is none, or one is not in (0, 1]; only the last may be 1.
 *
 * @example scheduleFromBetas([0.1, 0.2]).alphasCumprod; // 0.9, 0.72
 */
export function scheduleFromBetas(betas: ArrayLike<number>): Schedule {
  requireInteger('schedule: the number of betas', betas?.length, 1);
  return scheduleOf(Float64Array.from(betas));
}

/** `scheduleFromBetas` of one beta or more, which become the schedule's own. */
export function scheduleOf(betas: Float64Array): Schedule {
  const steps = betas.length;
  const alphas = new Float64Array(steps);
  const alphasCumprod = new Float64Array(steps);
  let product = 1;
  for (let t = 0; t < steps; t++) {
    const beta = betas[t]!;
    if (!(beta > 0 && (beta < 1 || (beta === 1 && t === steps - 1)))) {
      throw new RangeError(`schedule: beta ${t} must be above 0 and below 1 (the last may be 1), got ${beta}`);
    }
    alphas[t] = 1 - beta;
    product *= alphas[t]!;
    alphasCumprod[t] = product;
  }
  return { steps, betas, alphas, alphasCumprod };
}

/**
 * Makes a schedule from the cumulative products that it shall have (inverts Ho et al. 2020, eq. 4).
 * Throws RangeError unless they fall from below 1 and stay above 0; only the last may be 0.
 *
 * @example scheduleFromAlphasCumprod([0.9, 0.72]).betas; // 0.1, 0.2
 */
export function scheduleFromAlphasCumprod(alphasCumprod: ArrayLike<number>): Schedule {
  requireInteger('schedule: the number of cumulative products', alphasCumprod?.length, 1);
  const steps = alphasCumprod.length;
  const betas = new Float64Array(steps);
  const alphas = new Float64Array(steps);
  let before = 1;
  for (let t = 0; t < steps; t++) {
    const now = alphasCumprod[t]!;
    if (!(now < before && (now > 0 || (now === 0 && t === steps - 1)))) {
      throw new RangeError(`schedule: cumulative product ${t} must be above 0 and below ${before}, got ${now}`);
    }
    alphas[t] = now / before;
    betas[t] = 1 - alphas[t]!;
    before = now;
  }
  return { steps, betas, alphas, alphasCumprod: Float64Array.from(alphasCumprod) };
}
