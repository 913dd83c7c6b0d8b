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

/** Options of {@link heun}. */
export interface HeunOptions extends SigmaOptions, LimitOptions {}

export const heunOptionNames: OptionNames<HeunOptions> = { ...sigmaOptionNames, ...limitOptionNames };

/**
 * Heun's method: an Euler step, corrected by the slope at its end (Karras et al. 2022, algorithm 1). A plan of N steps
 * calls the network 2N - 1 times; the sample after an odd call is a trial. Throws RangeError for options out of range.
 *
 * @example const scheduler = heun(schedule, { sigmaSpacing: 'karras' });
 */
export function heun(schedule: Schedule, options: HeunOptions = {}): Scheduler {
  requireOptions('heun', options, heunOptionNames);
  requireSchedule('heun', schedule);
  const { predictionType = 'epsilon' } = options;
  requirePrediction('heun', predictionType);
  requireSigmaOptions('heun', options);
  const limit = limiter('heun', options);
  return {
    name: 'heun',
    predictionType,
    schedule,
    options,
    plan: (steps) => {
      const { sigmas, timesteps, initialNoiseScale } = sigmaPath('heun', schedule, steps, options);
      // Call 0 is at level 0; calls 2k - 1 (the correction of step k - 1) and 2k are at level k.
      const levelAt = (index: number): number => Math.ceil(index / 2);
      return definePlan({
        name: 'heun',
        timesteps: Array.from({ length: 2 * timesteps.length - 1 }, (_, i) => timesteps[levelAt(i)]!),
        predictionType,
        initialNoiseScale,
        inputScale: (index) => inputScaleOf(sigmas[levelAt(index)]!),
        noiseLevel: (index) => ({ signal: 1, noise: sigmas[levelAt(index)]! }),
        step: ({ index, history, output, x }) => {
          const level = levelAt(index);
          const sigma = sigmas[level]!;
          const x0 = limit(sigmaToXStart(predictionType, sigma, x, output));
          const slope = combine([1 / sigma, x], [-1 / sigma, x0]);
          if (index % 2 === 0) {
            const prev = combine([1, x], [sigmas[level + 1]! - sigma, slope]);
            return { x0, prev, history: index + 1 < 2 * timesteps.length - 1 ? [x, slope] : [] };
          }
          const [start, firstSlope] = history;
          if (start === undefined || firstSlope === undefined) {
            throw new RangeError(
              'heun: this state lacks the first half of its step; pass the state that the last step gave',
            );
          }
          const half = (sigma - sigmas[level - 1]!) / 2;
          return { x0, prev: combine([1, start], [half, firstSlope], [half, slope]) };
        },
      });
    },
  };
}
