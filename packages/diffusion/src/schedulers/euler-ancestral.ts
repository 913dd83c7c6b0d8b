import { type OptionNames, requireOptions } from '@medseg/ops';
import { requirePrediction } from '../process/prediction.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { combine } from '../tensors.ts';
import { type LimitOptions, limiter, limitOptionNames } from './limit.ts';
import { definePlan } from './plan.ts';
import { requireSchedule } from './require-schedule.ts';
import type { Scheduler } from './scheduler.ts';
import {
  inputScaleOf,
  requireSigmaOptions,
  type SigmaOptions,
  sigmaOptionNames,
  sigmaPath,
  sigmaToXStart,
} from './variance-exploding.ts';

/** Options of {@link eulerAncestral}. */
export interface EulerAncestralOptions extends SigmaOptions, LimitOptions {}

export const eulerAncestralOptionNames: OptionNames<EulerAncestralOptions> = {
  ...sigmaOptionNames,
  ...limitOptionNames,
};

/**
 * Euler's method with fresh noise at each step (Song et al. 2021, appendix E, as k-diffusion's `sample_euler_ancestral`
 * writes it). Needs `random`. Throws RangeError for options out of range.
 *
 * @example const scheduler = eulerAncestral(schedule, { timestepSpacing: 'trailing' });
 */
export function eulerAncestral(schedule: Schedule, options: EulerAncestralOptions = {}): Scheduler {
  requireOptions('eulerAncestral', options, eulerAncestralOptionNames);
  requireSchedule('eulerAncestral', schedule);
  const { predictionType = 'epsilon' } = options;
  requirePrediction('eulerAncestral', predictionType);
  requireSigmaOptions('eulerAncestral', options);
  const limit = limiter('eulerAncestral', options);
  return {
    name: 'eulerAncestral',
    predictionType,
    schedule,
    options,
    plan: (steps) => {
      const { sigmas, timesteps, initialNoiseScale } = sigmaPath('eulerAncestral', schedule, steps, options);
      return definePlan({
        name: 'eulerAncestral',
        timesteps,
        predictionType,
        initialNoiseScale,
        inputScale: (index) => inputScaleOf(sigmas[index]!),
        noiseLevel: (index) => ({ signal: 1, noise: sigmas[index]! }),
        step: ({ index, output, x, noise }) => {
          const from = sigmas[index]!;
          const to = sigmas[index + 1]!;
          const up = Math.sqrt((to * to * (from * from - to * to)) / (from * from));
          const down = Math.sqrt(to * to - up * up);
          const x0 = limit(sigmaToXStart(predictionType, from, x, output));
          const ratio = down / from;
          return { x0, prev: combine([ratio, x], [1 - ratio, x0], [up, noise()]) };
        },
      });
    },
  };
}
