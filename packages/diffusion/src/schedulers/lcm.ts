import { type OptionNames, requireOptions } from '@medseg/ops';
import { requirePrediction } from '../process/prediction.ts';
import { requireInteger, requireNumber } from '../schedule/check.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { combine } from '../tensors.ts';
import { clips, type LimitOptions, limiter, limitOptionNames } from './limit.ts';
import { definePlan } from './plan.ts';
import { requireSchedule } from './require-schedule.ts';
import type { Scheduler } from './scheduler.ts';
import { type DiscreteOptions, levelOf, planTimesteps, requireRecoverable, toXStart } from './variance-preserving.ts';

/** Options of {@link lcm}. */
export interface LcmOptions extends Pick<DiscreteOptions, 'predictionType' | 'matchDiffusers'>, LimitOptions {
  /** Steps of the schedule that the model was distilled on; sampling steps are chosen from them. Default 50. */
  readonly originalSteps?: number;
  /** Multiplies t in the boundary condition. Default 10. */
  readonly timestepScaling?: number;
}

export const lcmOptionNames: OptionNames<LcmOptions> = {
  ...limitOptionNames,
  predictionType: true,
  matchDiffusers: true,
  originalSteps: true,
  timestepScaling: true,
};

/**
 * Sampling of a latent consistency model: x0 predicted at once, noised again to the next step (Luo et al. 2023,
 * algorithm 3). For models distilled to it. Needs `random`. Throws RangeError for options out of range.
 *
 * @example const scheduler = lcm(scaledLinearSchedule({ betaStart: 0.00085, betaEnd: 0.012 }));
 */
export function lcm(schedule: Schedule, options: LcmOptions = {}): Scheduler {
  requireOptions('lcm', options, lcmOptionNames);
  requireSchedule('lcm', schedule);
  const {
    predictionType = 'epsilon',
    originalSteps = 50,
    timestepScaling = 10,
    matchDiffusers = false,
    ...limits
  } = options;
  requirePrediction('lcm', predictionType);
  requireInteger('lcm: originalSteps', originalSteps, 1, schedule.steps);
  requireNumber('lcm: timestepScaling', timestepScaling, 0);
  const limit = limiter('lcm', limits);
  const { alphasCumprod } = schedule;
  return {
    name: 'lcm',
    predictionType,
    schedule,
    options,
    plan: (steps) => {
      const timesteps =
        typeof steps === 'number'
          ? distilledTimesteps(schedule.steps, originalSteps, steps)
          : planTimesteps('lcm', schedule, steps, { spacing: 'leading' });
      requireRecoverable('lcm', schedule, predictionType, timesteps, matchDiffusers && clips(limits));
      return definePlan({
        name: 'lcm',
        timesteps,
        predictionType,
        noiseLevel: (index) => levelOf(alphasCumprod[timesteps[index]!]!),
        step: ({ index, output, x, noise }) => {
          const t = timesteps[index]!;
          const raw = limit(toXStart(predictionType, levelOf(alphasCumprod[t]!), x, output));
          const dataVariance = 0.25; // sigma_data 0.5
          const scaled = t * timestepScaling;
          const skip = dataVariance / (scaled * scaled + dataVariance);
          const x0 = combine([scaled / Math.sqrt(scaled * scaled + dataVariance), raw], [skip, x]);
          const next = timesteps[index + 1];
          if (next === undefined) return { x0, prev: x0 };
          const level = levelOf(alphasCumprod[next]!);
          return { x0, prev: combine([level.signal, x0], [level.noise, noise()]) };
        },
      });
    },
  };
}

function distilledTimesteps(trainSteps: number, originalSteps: number, steps: number): Float64Array {
  requireInteger('lcm: steps', steps, 1, originalSteps);
  const stride = Math.floor(trainSteps / originalSteps);
  return Float64Array.from({ length: steps }, (_, i) => {
    const place = Math.floor(i * (originalSteps / steps));
    return (originalSteps - place) * stride - 1;
  });
}
