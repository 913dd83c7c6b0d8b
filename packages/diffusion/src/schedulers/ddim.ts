import { type OptionNames, requireOptions } from '@medseg/ops';
import { requirePrediction } from '../process/prediction.ts';
import { requireNumber } from '../schedule/check.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { combine } from '../tensors.ts';
import { clips, type LimitOptions, limiter, limitOptionNames } from './limit.ts';
import { definePlan } from './plan.ts';
import { requireSchedule } from './require-schedule.ts';
import type { Scheduler } from './scheduler.ts';
import {
  alphaCumprodAt,
  type DiscreteOptions,
  discreteOptionNames,
  levelOf,
  planTimesteps,
  requireRecoverable,
  toNoise,
  toXStart,
} from './variance-preserving.ts';

/** Options of {@link ddim}. */
export interface DdimOptions extends DiscreteOptions, LimitOptions {
  /** Share of DDPM's noise that is drawn at each step: 0 is deterministic, 1 is DDPM. Default 0. */
  readonly eta?: number;
  /** Whether the step after the last goes to no noise at all; else to the level of step 0. Default true. */
  readonly setAlphaToOne?: boolean;
  /** Recomputes the noise from the clipped x0, so that both stay consistent. Default false. */
  readonly useClippedOutput?: boolean;
}

export const ddimOptionNames: OptionNames<DdimOptions> = {
  ...discreteOptionNames,
  ...limitOptionNames,
  eta: true,
  setAlphaToOne: true,
  useClippedOutput: true,
};

/**
 * DDIM: few, optionally deterministic steps (Song et al. 2020, eq. 12).
 * By default x0 is clipped to ±1 and the spacing is 'leading', as in diffusers; 'trailing' is better for few steps.
 * Throws RangeError for options out of range.
 *
 * @example const scheduler = ddim(schedule, { predictionType: 'sample', timestepSpacing: 'trailing' });
 */
export function ddim(schedule: Schedule, options: DdimOptions = {}): Scheduler {
  requireOptions('ddim', options, ddimOptionNames);
  requireSchedule('ddim', schedule);
  const {
    eta = 0,
    predictionType = 'epsilon',
    timestepSpacing = 'leading',
    stepsOffset = 0,
    setAlphaToOne = true,
    useClippedOutput = false,
    matchDiffusers = false,
    ...limits
  } = options;
  requireNumber('ddim: eta', eta, 0, 1);
  requirePrediction('ddim', predictionType);
  const limited = { clipSample: true, ...limits };
  const limit = limiter('ddim', limited);
  const finalAlphaCumprod = setAlphaToOne ? 1 : schedule.alphasCumprod[0]!;
  return {
    name: 'ddim',
    predictionType,
    schedule,
    options,
    plan: (steps) => {
      const spaced = { spacing: timestepSpacing, offset: stepsOffset, overshoot: matchDiffusers };
      const timesteps = planTimesteps('ddim', schedule, steps, spaced);
      requireRecoverable('ddim', schedule, predictionType, timesteps, matchDiffusers && clips(limited));
      const previous = (index: number): number => {
        const t =
          typeof steps === 'number'
            ? timesteps[index]! - Math.floor(schedule.steps / steps)
            : (timesteps[index + 1] ?? -1);
        return t >= 0 ? schedule.alphasCumprod[t]! : finalAlphaCumprod;
      };
      return definePlan({
        name: 'ddim',
        timesteps,
        predictionType,
        noiseLevel: (index) => levelOf(alphaCumprodAt(schedule, timesteps[index]!)),
        step: ({ index, output, x, noise }) => {
          const now = alphaCumprodAt(schedule, timesteps[index]!);
          const next = previous(index);
          const level = levelOf(now);
          const raw = toXStart(predictionType, level, x, output);
          const x0 = limit(raw);
          const predicted = useClippedOutput
            ? toNoise('sample', level, x, x0)
            : toNoise(predictionType, level, x, output);
          const variance = ((1 - next) / (1 - now)) * (1 - now / next);
          const sigma = eta * Math.sqrt(variance);
          const direction = Math.sqrt(Math.max(0, 1 - next - sigma * sigma));
          const mean = combine([Math.sqrt(next), x0], [direction, predicted]);
          return { x0, prev: eta > 0 ? combine([1, mean], [sigma, noise()]) : mean };
        },
      });
    },
  };
}
