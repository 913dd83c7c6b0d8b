import { type OptionNames, requireOptions } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { requirePrediction } from '../process/prediction.ts';
import { requireNumber, requireOneOf } from '../schedule/check.ts';
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

/** Options of {@link euler}. */
export interface EulerOptions extends SigmaOptions, LimitOptions {
  /** Where the last step goes: no noise, or the level of step 0. Default 'zero'. */
  readonly finalSigma?: 'zero' | 'sigma_min';
  /** Levels evenly in log sigma over the whole schedule in place of those of the timesteps. Default false. */
  readonly logLinear?: boolean;
  /** Tells the network log(sigma) / 4 in place of the training step (v-prediction only). Default false. */
  readonly continuousTime?: boolean;
  /** Noise put back before each step: S_churn of Karras et al. 2022, algorithm 2. Default 0, deterministic. */
  readonly churn?: number;
  /** Smallest and largest sigma at which noise is put back. Default [0, Infinity]. */
  readonly churnRange?: readonly [number, number];
  /** Scale of the noise put back. Default 1. */
  readonly churnNoise?: number;
}

export const eulerOptionNames: OptionNames<EulerOptions> = {
  ...sigmaOptionNames,
  ...limitOptionNames,
  finalSigma: true,
  logLinear: true,
  continuousTime: true,
  churn: true,
  churnRange: true,
  churnNoise: true,
};

/**
 * Euler's method on the probability flow (Karras et al. 2022, algorithm 2 without its correction). The sample is
 * x0 + sigma noise, scaled on its way into the network. Throws RangeError for options out of range.
 *
 * @example const scheduler = euler(schedule, { sigmaSpacing: 'karras' });
 */
export function euler(schedule: Schedule, options: EulerOptions = {}): Scheduler {
  requireOptions('euler', options, eulerOptionNames);
  requireSchedule('euler', schedule);
  const { predictionType = 'epsilon', churn = 0, churnRange = [0, Number.POSITIVE_INFINITY], churnNoise = 1 } = options;
  requirePrediction('euler', predictionType);
  requireSigmaOptions('euler', options);
  requireOneOf('euler: finalSigma', options.finalSigma ?? 'zero', ['zero', 'sigma_min']);
  requireNumber('euler: churn', churn, 0);
  requireNumber('euler: churnNoise', churnNoise, 0);
  const limit = limiter('euler', options);
  const continuous = options.continuousTime === true && predictionType === 'v_prediction';
  return {
    name: 'euler',
    predictionType,
    schedule,
    options,
    plan: (steps) => {
      const { sigmas, timesteps, initialNoiseScale } = sigmaPath('euler', schedule, steps, options);
      return definePlan({
        name: 'euler',
        timesteps: timesteps.map((t, i) => (continuous ? 0.25 * Math.log(sigmas[i]!) : t)),
        predictionType,
        initialNoiseScale,
        inputScale: (index) => inputScaleOf(sigmas[index]!),
        noiseLevel: (index) => ({ signal: 1, noise: sigmas[index]! }),
        step: ({ index, output, x: given, noise }) => {
          const sigma = sigmas[index]!;
          const churned = sigma >= churnRange[0] && sigma <= churnRange[1];
          const gamma = churned ? Math.min(churn / (sigmas.length - 1), Math.SQRT2 - 1) : 0;
          const level = sigma * (gamma + 1);
          const x: tf.Tensor4D =
            gamma > 0 ? combine([1, given], [churnNoise * Math.sqrt(level * level - sigma * sigma), noise()]) : given;
          const at = predictionType === 'v_prediction' ? sigma : level;
          const x0 = limit(sigmaToXStart(predictionType, at, x, output));
          const ratio = sigmas[index + 1]! / level;
          return { x0, prev: combine([ratio, x], [1 - ratio, x0]) };
        },
      });
    },
  };
}
