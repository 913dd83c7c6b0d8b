import { type OptionNames, requireOptions } from '@medseg/ops';
import { requirePrediction } from '../process/prediction.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { combine } from '../tensors.ts';
import { type LimitOptions, limiter, limitOptionNames } from './limit.ts';
import { definePlan } from './plan.ts';
import { requireSchedule } from './require-schedule.ts';
import type { Scheduler } from './scheduler.ts';
import {
  alphaCumprodAt,
  type DiscreteOptions,
  discreteOptionNames,
  levelOf,
  planTimesteps,
  toNoise,
  toXStart,
} from './variance-preserving.ts';

/** Options of {@link ddimInversion}. */
export interface DdimInversionOptions extends DiscreteOptions, LimitOptions {
  /** Whether the step from the image starts at no noise at all; else at the level of step 0. Default true. */
  readonly setAlphaToOne?: boolean;
}

export const ddimInversionOptionNames: OptionNames<DdimInversionOptions> = {
  ...discreteOptionNames,
  ...limitOptionNames,
  setAlphaToOne: true,
};

/**
 * DDIM backwards: from an image, given as `initial`, to the noise that DDIM with eta 0 turns into it again (Song et al.
 * 2020, section 4.3). `x` of the last step is that noise. Here x0 is not clipped by default. Errors as `ddim`.
 *
 * @example
 * const inversion = ddimInversion(schedule);
 * for await (const { x } of sample(denoiser, inversion, { initial: image, shape, condition, steps, random }))
 *   console.log(await x.data());
 */
export function ddimInversion(schedule: Schedule, options: DdimInversionOptions = {}): Scheduler {
  requireOptions('ddimInversion', options, ddimInversionOptionNames);
  requireSchedule('ddimInversion', schedule);
  const {
    predictionType = 'epsilon',
    timestepSpacing = 'leading',
    stepsOffset = 0,
    setAlphaToOne = true,
    matchDiffusers = false,
    ...limits
  } = options;
  requirePrediction('ddimInversion', predictionType);
  const limit = limiter('ddimInversion', limits);
  // Next to no noise an x0 prediction is divided by sqrt(1 - a): the last bit of diffusers' float32 a decides.
  const lowest = matchDiffusers ? Math.fround(schedule.alphasCumprod[0]!) : schedule.alphasCumprod[0]!;
  const first = setAlphaToOne ? 1 : lowest;
  return {
    name: 'ddimInversion',
    predictionType,
    schedule,
    options,
    plan: (steps) => {
      const spaced = { spacing: timestepSpacing, offset: stepsOffset, overshoot: matchDiffusers };
      const timesteps = planTimesteps('ddimInversion', schedule, steps, spaced).reverse();
      const levelBefore = (index: number): number => {
        const t =
          typeof steps === 'number'
            ? timesteps[index]! - Math.floor(schedule.steps / steps)
            : (timesteps[index - 1] ?? -1);
        return t >= 0 ? schedule.alphasCumprod[t]! : first;
      };
      return definePlan({
        name: 'ddimInversion',
        timesteps,
        predictionType,
        noiseLevel: (index) => levelOf(levelBefore(index)),
        step: ({ index, output, x }) => {
          const level = levelOf(levelBefore(index));
          const next = levelOf(alphaCumprodAt(schedule, timesteps[index]!));
          const x0 = limit(toXStart(predictionType, level, x, output));
          // At no noise at all an x0 prediction says nothing of the noise: none is added.
          const predicted =
            predictionType === 'sample' && level.noise === 0
              ? combine([0, x])
              : toNoise(predictionType, level, x, output);
          return { x0, prev: combine([next.signal, x0], [next.noise, predicted]) };
        },
      });
    },
  };
}
