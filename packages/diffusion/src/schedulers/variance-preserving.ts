import type * as tf from '@tensorflow/tfjs-core';
import { type PredictionType, predictionTypes } from '../process/objective.ts';
import { requireInteger, requireOneOf } from '../schedule/check.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { spacedTimesteps, type TimestepSpacing } from '../schedule/timesteps.ts';
import { combine } from '../tensors.ts';
import type { NoiseLevel } from './scheduler.ts';

/** Options that every scheduler over a discrete schedule has. */
export interface DiscreteOptions {
  /** What the network's output means. Default 'epsilon'. */
  readonly predictionType?: PredictionType;
  /** How the sampling steps lie over the training steps. */
  readonly timestepSpacing?: TimestepSpacing;
  /** Added to each step of 'leading' spacing. Default 0. */
  readonly stepsOffset?: number;
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
    last?: number;
  },
): Float64Array {
  if (typeof steps === 'number') {
    requireInteger(`${name}: steps`, steps, 1, schedule.steps);
    return spacedTimesteps({ trainSteps: schedule.steps, steps, ...spaced });
  }
  if (steps.length === 0) throw new RangeError(`${name}: a list of timesteps must hold at least one, got none`);
  steps.forEach((t, i) => {
    requireInteger(`${name}: timestep ${i}`, t, 0, schedule.steps - 1);
    if (i > 0 && t >= steps[i - 1]!) {
      throw new RangeError(`${name}: timesteps must fall from step to step, got ${t} after ${steps[i - 1]}`);
    }
  });
  return Float64Array.from(steps);
}

/** Refuses a noise prediction where the schedule leaves no signal to recover. */
export function requireRecoverable(
  name: string,
  schedule: Schedule,
  predictionType: PredictionType,
  timesteps: ArrayLike<number>,
): void {
  requireOneOf(`${name}: predictionType`, predictionType, predictionTypes);
  if (predictionType === 'epsilon' && timesteps.length > 0 && schedule.alphasCumprod[timesteps[0]!] === 0) {
    throw new RangeError(
      `${name}: a schedule of zero terminal SNR needs predictionType 'v_prediction' or 'sample', got 'epsilon'`,
    );
  }
}
