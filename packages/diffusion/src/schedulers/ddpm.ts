import * as tf from '@tensorflow/tfjs-core';
import { predictionTypes } from '../process/objective.ts';
import { requireOneOf } from '../schedule/check.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { combine } from '../tensors.ts';
import { type LimitOptions, limiter } from './limit.ts';
import { definePlan } from './plan.ts';
import type { Scheduler } from './scheduler.ts';
import { type DiscreteOptions, levelOf, planTimesteps, requireRecoverable, toXStart } from './variance-preserving.ts';

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

/**
 * DDPM's ancestral sampling, on all or some of the training steps (Ho et al. 2020, algorithm 2, eq. 7).
 * By default x0 is clipped to ±1 and the spacing is 'leading', as in diffusers. Needs `random`.
 * Throws RangeError for options out of range.
 *
 * @example const scheduler = ddpm(cosineSchedule(), { predictionType: 'sample' });
 */
export function ddpm(schedule: Schedule, options: DdpmOptions = {}): Scheduler {
  const {
    predictionType = 'epsilon',
    timestepSpacing = 'leading',
    stepsOffset = 0,
    varianceType = 'fixed_small',
    ...limits
  } = options;
  requireOneOf('ddpm: predictionType', predictionType, predictionTypes);
  requireOneOf('ddpm: varianceType', varianceType, varianceTypes);
  if (varianceType === 'fixed_large_log') {
    throw new RangeError(
      "ddpm: varianceType 'fixed_large_log' is the square root of a negative number; use 'fixed_large', which is what it means",
    );
  }
  const limit = limiter('ddpm', { clipSample: true, ...limits });
  const learned = varianceType === 'learned' || varianceType === 'learned_range';
  const { alphasCumprod } = schedule;
  return {
    name: 'ddpm',
    predictionType,
    schedule,
    options,
    plan: (steps) => {
      const timesteps = planTimesteps('ddpm', schedule, steps, { spacing: timestepSpacing, offset: stepsOffset });
      requireRecoverable('ddpm', schedule, predictionType, timesteps);
      return definePlan({
        name: 'ddpm',
        timesteps,
        predictionType,
        outputsPerChannel: learned ? 2 : 1,
        noiseLevel: (index) => levelOf(alphasCumprod[timesteps[index]!]!),
        step: ({ index, output, x, noise }) => {
          const [prediction, variance] = learned
            ? (tf.split(output, 2, 3) as [tf.Tensor4D, tf.Tensor4D])
            : [output, undefined];
          const t = timesteps[index]!;
          const now = alphasCumprod[t]!;
          const next = index + 1 < timesteps.length ? alphasCumprod[timesteps[index + 1]!]! : 1;
          const beta = 1 - now / next;
          const x0 = limit(toXStart(predictionType, levelOf(now), x, prediction));
          const mean = combine(
            [(Math.sqrt(next) * beta) / (1 - now), x0],
            [(Math.sqrt(1 - beta) * (1 - next)) / (1 - now), x],
          );
          if (t === 0) return { x0, prev: mean };
          const posterior = Math.max(((1 - next) / (1 - now)) * beta, 1e-20);
          if (variance === undefined) {
            const sigma = Math.sqrt(varianceType === 'fixed_large' ? beta : posterior);
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
