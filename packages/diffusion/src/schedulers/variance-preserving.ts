import { kindOf, type OptionNames } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { type NetworkPrediction, type PredictionType, requirePrediction } from '../process/prediction.ts';
import { requireInteger } from '../schedule/check.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { spacedTimesteps, type TimestepSpacing } from '../schedule/timesteps.ts';
import { combine } from '../tensors.ts';
import type { NoiseLevel } from './scheduler.ts';

/** Options that every scheduler over a discrete schedule has. */
export interface DiscreteOptions {
  /** What the network's output means. Default 'epsilon'. */
  readonly predictionType?: NetworkPrediction;
  /**
   * How the sampling steps lie over the training steps. Default 'leading' for `ddpm`, `ddim` and `ddimInversion`,
   * 'linspace' for the others.
   */
  readonly timestepSpacing?: TimestepSpacing;
  /** Added to each step of 'leading' spacing. Default 0. */
  readonly stepsOffset?: number;
  /**
   * Follows diffusers also where its result comes of its arithmetic and not of the method: the step -1 of some counts of
   * 'trailing' (alphasCumprod[-1] is Python's last), clipped noise predictions at zero signal, `fixed_large_log` where it
   * is a number, no limit in UniPC without predictX0. `readSchedulerConfig` sets it. Default false.
   */
  readonly matchDiffusers?: boolean;
}

export const discreteOptionNames: OptionNames<DiscreteOptions> = {
  predictionType: true,
  timestepSpacing: true,
  stepsOffset: true,
  matchDiffusers: true,
};

/** The cumulative product at step t; at the step -1 of a plan like diffusers', that of the last step, as Python indexes. */
export function alphaCumprodAt({ alphasCumprod }: Schedule, t: number): number {
  return alphasCumprod.at(t)!;
}

/** sqrt(a) and sqrt(1 - a) of a cumulative product a. */
export function levelOf(alphaCumprod: number): NoiseLevel {
  return { signal: Math.sqrt(alphaCumprod), noise: Math.sqrt(1 - alphaCumprod) };
}

/** x0 from a network's output at a noise level (Ho et al. 2020, eq. 15; Salimans & Ho 2022, appendix D). */
export function toXStart(
  predictionType: PredictionType,
  { signal, noise }: NoiseLevel,
  x: tf.Tensor4D,
  output: tf.Tensor4D,
): tf.Tensor4D {
  if (predictionType === 'sample') return output;
  if (predictionType === 'v_prediction') return combine([signal, x], [-noise, output]);
  // Without any signal x0 is infinite, with the sign that a limit keeps: the difference is taken before the division.
  if (signal === 0) return tf.mul(combine([1, x], [-noise, output]), Number.POSITIVE_INFINITY);
  return combine([1 / signal, x], [-noise / signal, output]);
}

/** The noise from a network's output at a noise level. */
export function toNoise(
  predictionType: PredictionType,
  { signal, noise }: NoiseLevel,
  x: tf.Tensor4D,
  output: tf.Tensor4D,
): tf.Tensor4D {
  if (predictionType === 'epsilon') return output;
  if (predictionType === 'v_prediction') return combine([signal, output], [noise, x]);
  return combine([1 / noise, x], [-signal / noise, output]);
}

/** The training steps of a plan: spaced, or given one by one in falling order. Throws RangeError for lists that do not fit. */
export function planTimesteps(
  name: string,
  schedule: Schedule,
  steps: number | readonly number[],
  spaced: {
    spacing: TimestepSpacing;
    offset?: number;
    skipZero?: boolean;
    whole?: boolean;
    beyond?: boolean;
    overshoot?: boolean;
    last?: number;
  },
): Float64Array {
  if (typeof steps === 'number') {
    requireInteger(`${name}: steps`, steps, 1, schedule.steps);
    return spacedTimesteps({ trainSteps: schedule.steps, steps, ...spaced });
  }
  requireTimestepList(name, steps);
  steps.forEach((t, i) => {
    requireInteger(`${name}: timestep ${i}`, t, 0, schedule.steps - 1);
    if (i > 0 && t >= steps[i - 1]!) {
      throw new RangeError(`${name}: timesteps must fall from step to step, got ${t} after ${steps[i - 1]}`);
    }
  });
  return Float64Array.from(steps);
}

/** Throws for what is neither a number of steps nor a list of timesteps, and for an empty list. */
export function requireTimestepList(name: string, steps: readonly number[]): void {
  if (!Array.isArray(steps)) {
    throw new TypeError(`${name}: steps must be a whole number or a list of timesteps, got ${kindOf(steps)}`);
  }
  if (steps.length === 0) throw new RangeError(`${name}: a list of timesteps must hold at least one, got none`);
}

/** Refuses a noise prediction where the schedule leaves no signal to recover, unless `bounded` says that x0 is clipped. */
export function requireRecoverable(
  name: string,
  schedule: Schedule,
  predictionType: PredictionType,
  timesteps: ArrayLike<number>,
  bounded: boolean,
): void {
  requirePrediction(name, predictionType);
  if (bounded || predictionType !== 'epsilon' || timesteps.length === 0) return;
  const [first, last] = [timesteps[0]!, timesteps[timesteps.length - 1]!];
  if (alphaCumprodAt(schedule, first) === 0 || alphaCumprodAt(schedule, last) === 0) {
    throw new RangeError(
      `${name}: a schedule of zero terminal SNR needs predictionType 'v_prediction' or 'sample', got 'epsilon'`,
    );
  }
}
