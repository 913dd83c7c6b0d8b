import { type OptionNames, requireOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { requirePrediction } from '../process/prediction.ts';
import { requireOneOf } from '../schedule/check.ts';
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
  toXStart,
} from './variance-preserving.ts';

const varianceTypes = [
  'fixed_small',
  'fixed_small_log',
  'fixed_large',
  'fixed_large_log',
  'learned',
  'learned_range',
] as const;

/**
 * The variance of an ancestral step. `fixed_small` is the posterior's (Ho et al. 2020, eq. 7), `fixed_large` is beta_t;
 * `learned` is the network's second half of channels, `learned_range` lets that half choose between the two in the
 * logarithm (Nichol & Dhariwal 2021, eq. 15). `fixed_small_log` equals `fixed_small`. `fixed_large_log` is kept for
 * configurations of diffusers, which take the square root of a logarithm there: noise that is not a number.
 */
export type VarianceType = (typeof varianceTypes)[number];

/** Options of {@link ddpm}. */
export interface DdpmOptions extends DiscreteOptions, LimitOptions {
  /** Default 'fixed_small'. */
  readonly varianceType?: VarianceType;
}

export const ddpmOptionNames: OptionNames<DdpmOptions> = {
  ...discreteOptionNames,
  ...limitOptionNames,
  varianceType: true,
};

/**
 * DDPM's ancestral sampling, on all or some of the training steps (Ho et al. 2020, algorithm 2, eq. 7).
 * By default x0 is clipped to ±1 and the spacing is 'leading', as in diffusers. Needs `random`.
 * Throws RangeError for options out of range.
 *
 * @example const scheduler = ddpm(cosineSchedule(), { predictionType: 'sample' });
 */
export function ddpm(schedule: Schedule, options: DdpmOptions = {}): Scheduler {
  requireOptions('ddpm', options, ddpmOptionNames);
  requireSchedule('ddpm', schedule);
  const {
    predictionType = 'epsilon',
    timestepSpacing = 'leading',
    stepsOffset = 0,
    varianceType = 'fixed_small',
    matchDiffusers = false,
    ...limits
  } = options;
  requirePrediction('ddpm', predictionType);
  requireOneOf('ddpm: varianceType', varianceType, varianceTypes);
  if (varianceType === 'fixed_large_log' && !matchDiffusers) throw notAVariance();
  const limited = { clipSample: true, ...limits };
  const limit = limiter('ddpm', limited);
  const learned = varianceType === 'learned' || varianceType === 'learned_range';
  return {
    name: 'ddpm',
    predictionType,
    schedule,
    options,
    plan: (steps) => {
      const spaced = { spacing: timestepSpacing, offset: stepsOffset, overshoot: matchDiffusers };
      const timesteps = planTimesteps('ddpm', schedule, steps, spaced);
      requireRecoverable('ddpm', schedule, predictionType, timesteps, matchDiffusers && clips(limited));
      const levelsAt = (index: number): { now: number; next: number; beta: number } => {
        const now = alphaCumprodAt(schedule, timesteps[index]!);
        const following = timesteps[index + 1] ?? -1;
        const next = following >= 0 ? schedule.alphasCumprod[following]! : 1;
        return { now, next, beta: 1 - now / next };
      };
      const negative = (t: number, index: number): boolean => t > 0 && Math.fround(levelsAt(index).beta) < 1;
      if (varianceType === 'fixed_large_log' && timesteps.some(negative)) throw notAVariance();
      return definePlan({
        name: 'ddpm',
        timesteps,
        predictionType,
        outputsPerChannel: learned ? 2 : 1,
        noiseLevel: (index) => levelOf(levelsAt(index).now),
        step: ({ index, output, x, noise }) => {
          const [prediction, variance] = learned
            ? (tf.split(output, 2, 3) as [tf.Tensor4D, tf.Tensor4D])
            : [output, undefined];
          const t = timesteps[index]!;
          const { now, next, beta } = levelsAt(index);
          const x0 = limit(toXStart(predictionType, levelOf(now), x, prediction));
          const mean = combine(
            [(Math.sqrt(next) * beta) / (1 - now), x0],
            [(Math.sqrt(1 - beta) * (1 - next)) / (1 - now), x],
          );
          if (t <= 0) return { x0, prev: mean };
          const posterior = Math.max(((1 - next) / (1 - now)) * beta, 1e-20);
          if (variance === undefined) {
            // fixed_large_log gets here with beta 1 alone, whose logarithm it takes for a variance.
            const fixed: Partial<Record<VarianceType, number>> = { fixed_large: beta, fixed_large_log: 0 };
            const sigma = Math.sqrt(fixed[varianceType] ?? posterior);
            return { x0, prev: combine([1, mean], [sigma, noise()]) };
          }
          const sigma =
            varianceType === 'learned'
              ? tf.sqrt(variance)
              : learnedRangeSigma(variance, Math.log(posterior), Math.log(beta));
          return { x0, prev: tf.add<tf.Tensor4D>(mean, tf.mul(sigma, noise())) };
        },
      });
    },
  };
}

/** exp(log variance / 2), the logarithm going from `low` to `high` as the output goes from -1 to 1. */
function learnedRangeSigma(output: tf.Tensor4D, low: number, high: number): tf.Tensor4D {
  const fraction = tf.div<tf.Tensor4D>(tf.add(output, 1), 2);
  return tf.exp(tf.mul<tf.Tensor4D>(tf.add(tf.mul(fraction, high - low), low), 0.5));
}

function notAVariance(): RangeError {
  return new RangeError(
    "ddpm: varianceType 'fixed_large_log' is the square root of a negative number; use 'fixed_large', which is what it means",
  );
}
