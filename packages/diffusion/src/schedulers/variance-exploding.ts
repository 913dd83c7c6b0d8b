import type { OptionNames } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { type PredictionType, requirePrediction } from '../process/prediction.ts';
import { requireNumber, requireOneOf } from '../schedule/check.ts';
import { linspace } from '../schedule/linear.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { interpolate, type SigmaSpacing, sigmaTable, spacedSigmas, timestepOfSigma } from '../schedule/sigmas.ts';
import { combine } from '../tensors.ts';
import { requireCountForSpacing } from './require-count-for-spacing.ts';
import { type DiscreteOptions, discreteOptionNames, planTimesteps } from './variance-preserving.ts';

/** Options of the solvers that work on x / signal, whose noise level is sigma (Karras et al. 2022). */
export interface SigmaOptions extends DiscreteOptions {
  /** Noise levels spaced by a rule of their own. Default: those of the timesteps. */
  readonly sigmaSpacing?: SigmaSpacing;
  /** Smallest level of `sigmaSpacing`. Default: that of the last timestep. */
  readonly sigmaMin?: number;
  /** Largest level of `sigmaSpacing`. Default: that of the first timestep. */
  readonly sigmaMax?: number;
}

export const sigmaOptionNames: OptionNames<SigmaOptions> = {
  ...discreteOptionNames,
  sigmaSpacing: true,
  sigmaMin: true,
  sigmaMax: true,
};

/** Noise levels and what the network is told at each; `sigmas` has one more: where the last step goes. */
export interface SigmaPath {
  readonly sigmas: Float64Array;
  readonly timesteps: Float64Array;
  readonly initialNoiseScale: number;
}

const sigmaSpacings: readonly (SigmaSpacing | undefined)[] = [undefined, 'karras', 'exponential', 'beta', 'lu'];

/** Checks the options that {@link sigmaPath} takes, at the time a scheduler is made. */
export function requireSigmaOptions(name: string, options: SigmaOptions): void {
  const { predictionType = 'epsilon', sigmaSpacing, sigmaMin, sigmaMax } = options;
  requirePrediction(name, predictionType);
  requireOneOf(`${name}: sigmaSpacing`, sigmaSpacing, sigmaSpacings);
  if (sigmaMin !== undefined) requireNumber(`${name}: sigmaMin`, sigmaMin, Number.MIN_VALUE);
  if (sigmaMax !== undefined) requireNumber(`${name}: sigmaMax`, sigmaMax, sigmaMin ?? Number.MIN_VALUE);
}

/** Lays the noise levels of a sampler of `steps` steps. */
export function sigmaPath(
  name: string,
  schedule: Schedule,
  steps: number | readonly number[],
  options: SigmaOptions & { readonly finalSigma?: 'zero' | 'sigma_min'; readonly logLinear?: boolean },
): SigmaPath {
  const {
    timestepSpacing = 'linspace',
    stepsOffset = 0,
    sigmaSpacing,
    finalSigma = 'zero',
    logLinear = false,
  } = options;
  requireCountForSpacing(name, steps, sigmaSpacing);
  const single = options.matchDiffusers === true;
  const table = sigmaTable(schedule, single);
  let timesteps: Float64Array = planTimesteps(name, schedule, steps, {
    spacing: timestepSpacing,
    offset: stepsOffset,
    whole: false,
    beyond: true,
    overshoot: single,
  }).map(Math.fround); // the network is told a float32, and the level is that of what it is told
  const count = typeof steps === 'number' ? steps : timesteps.length;
  let levels: Float64Array = logLinear
    ? linspace(Math.log(table[table.length - 1]!), Math.log(table[0]!), count + 1).map(Math.exp)
    : timesteps.map((t) => interpolate(table, t));
  if (sigmaSpacing !== undefined) {
    const { sigmaMax = levels[0]!, sigmaMin = levels[levels.length - 1]! } = options;
    levels = spacedSigmas(sigmaSpacing, sigmaMax, sigmaMin, count);
    timesteps = levels.map((sigma) => timestepOfSigma(table, sigma, single));
  }
  const largest = levels.reduce((a, b) => Math.max(a, b), 0);
  return {
    sigmas: Float64Array.from([...levels, finalSigma === 'zero' ? 0 : table[0]!]),
    timesteps,
    initialNoiseScale: timestepSpacing === 'leading' ? Math.sqrt(largest * largest + 1) : largest,
  };
}

/** What scales x = x0 + sigma noise to unit variance on its way into the network. */
export function inputScaleOf(sigma: number): number {
  return 1 / Math.sqrt(sigma * sigma + 1);
}

/** x0 from a network's output, for x = x0 + sigma noise (Karras et al. 2022, table 1). */
export function sigmaToXStart(
  predictionType: PredictionType,
  sigma: number,
  x: tf.Tensor4D,
  output: tf.Tensor4D,
): tf.Tensor4D {
  if (predictionType === 'sample') return output;
  if (predictionType === 'epsilon') return combine([1, x], [-sigma, output]);
  const variance = sigma * sigma + 1;
  return combine([1 / variance, x], [-sigma / Math.sqrt(variance), output]);
}
