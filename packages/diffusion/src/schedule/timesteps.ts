import { requireOptions } from '@medseg/arguments';
import { requireInteger, requireOneOf } from './check.ts';
import { linspace } from './linear.ts';

/** How few sampling steps are laid over many training steps (Lin et al. 2023, table 2). */
export type TimestepSpacing = 'leading' | 'linspace' | 'trailing';

/** Options of {@link spacedTimesteps}. */
export interface TimestepOptions {
  /** Training steps T. */
  readonly trainSteps: number;
  /** Sampling steps, 1..T. */
  readonly steps: number;
  /** How the steps lie; `trailing` always has the noisiest. */
  readonly spacing: TimestepSpacing;
  /** Added to the steps of `leading`. Default 0. */
  readonly offset?: number;
  /** Leaves out step 0 (the solvers whose last step goes to sigma 0: DPM-Solver++, UniPC). Default false. */
  readonly skipZero?: boolean;
  /** Rounds `linspace` to whole steps. Default true; Euler and Heun take fractions. */
  readonly whole?: boolean;
  /** Lets an offset carry the first steps past T - 1, where the solvers in sigma stay at the last level. Default false. */
  readonly beyond?: boolean;
  /** Keeps the step -1 that rounding adds to some counts of `trailing` in NumPy (61 of 1,000), as diffusers does. Default false. */
  readonly overshoot?: boolean;
  /** Where `linspace` and `leading` end, counted from 1, when the noisiest steps are left out. Default T. */
  readonly last?: number;
}

/**
 * The training steps, in falling order, that a sampler of few steps visits (Lin et al. 2023, table 2; diffusers'
 * `timestep_spacing`). `leading` starts below T - 1, `trailing` always starts at T - 1, `linspace` spans 0..T - 1.
 * Throws RangeError when a step would fall outside 0..T-1.
 *
 * @example spacedTimesteps({ trainSteps: 1000, steps: 4, spacing: 'trailing' }); // 999, 749, 499, 249
 */
export function spacedTimesteps(options: TimestepOptions): Float64Array {
  requireOptions('spacedTimesteps', options, {
    trainSteps: true,
    steps: true,
    spacing: true,
    offset: true,
    skipZero: true,
    whole: true,
    beyond: true,
    overshoot: true,
    last: true,
  });
  const {
    trainSteps,
    steps,
    spacing,
    offset = 0,
    skipZero = false,
    whole = true,
    beyond = false,
    overshoot = false,
    last = trainSteps,
  } = options;
  requireInteger('timesteps: trainSteps', trainSteps, 1);
  requireInteger('timesteps: steps', steps, 1, trainSteps);
  requireInteger('timesteps: offset', offset, 0);
  requireInteger('timesteps: last', last, 1, trainSteps);
  requireOneOf('timesteps: spacing', spacing, ['leading', 'linspace', 'trailing']);
  const timesteps = {
    linspace: () => linspaceSteps(last - 1, steps, skipZero, whole),
    leading: () => leadingSteps(last, steps, offset, skipZero),
    trailing: () => trailingSteps(trainSteps, last, steps, overshoot),
  }[spacing]();
  for (const t of timesteps) {
    if (!(t >= (overshoot ? -1 : 0) && (beyond || t <= trainSteps - 1))) {
      throw new RangeError(
        `timesteps: ${spacing} spacing of ${steps} steps with offset ${offset} reaches step ${t}; allowed are 0 to ${trainSteps - 1}`,
      );
    }
  }
  return timesteps;
}

function linspaceSteps(top: number, steps: number, skipZero: boolean, whole: boolean): Float64Array {
  const rising = linspace(0, top, skipZero ? steps + 1 : steps);
  const falling = (whole ? rising.map(roundHalfEven) : rising).reverse();
  return skipZero ? falling.slice(0, -1) : falling;
}

function leadingSteps(last: number, steps: number, offset: number, skipZero: boolean): Float64Array {
  const ratio = Math.floor(last / (skipZero ? steps + 1 : steps));
  const first = skipZero ? 1 : 0;
  return Float64Array.from({ length: steps }, (_, i) => (steps - 1 - i + first) * ratio + offset);
}

function trailingSteps(trainSteps: number, last: number, steps: number, overshoot: boolean): Float64Array {
  const ratio = trainSteps / steps;
  // NumPy divides by a ratio that was rounded, and so at times counts one step too many.
  const count = Math.min(overshoot ? steps + 1 : steps, Math.ceil(last / ratio));
  const stride = last - (last - ratio); // rounded as NumPy's arange rounds it, which decides the halves below
  return Float64Array.from({ length: count }, (_, i) => roundHalfEven(last - i * stride) - 1);
}

/** Rounds to the nearest whole number, a half to the even one, as NumPy and PyTorch do. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
