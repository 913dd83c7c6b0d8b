import type { OptionNames } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { type NetworkPrediction, type PredictionType, requireFlowPrediction } from '../process/prediction.ts';
import { requireNumber, requireOneOf } from '../schedule/check.ts';
import { combine } from '../tensors.ts';
import type { NoiseLevel } from './scheduler.ts';
import type { SigmaOptions } from './variance-exploding.ts';
import { requireSigmaOptions, sigmaOptionNames } from './variance-exploding.ts';
import { toNoise, toXStart } from './variance-preserving.ts';

/** A place on a solver's path: x = signal x0 + noise e, and half the log of the signal-to-noise ratio. */
export interface PathPoint extends NoiseLevel {
  readonly lambda: number;
}

/** The point with noise-to-signal ratio `sigma` and unit variance; sigma 0 is the clean image, lambda infinity. */
export function variancePreservingPoint(sigma: number): PathPoint {
  const signal = 1 / Math.sqrt(sigma * sigma + 1);
  return { signal, noise: sigma * signal, lambda: -Math.log(sigma) };
}

/** The point at `sigma` of the straight path x = (1 - sigma) x0 + sigma e. */
export function straightPoint(sigma: number): PathPoint {
  return { signal: 1 - sigma, noise: sigma, lambda: Math.log((1 - sigma) / sigma) };
}

/** Whether two points are one but for rounding, so that a step between them is no step. */
export function samePoint(a: PathPoint, b: PathPoint): boolean {
  return Math.abs(a.lambda - b.lambda) < 1e-9;
}

/** What a network's output means to the solvers that also follow flows: 'flow' is e - x0. */
export type SolverPrediction = PredictionType | 'flow';

/** Options that DPM-Solver++ and UniPC share. */
export interface SolverOptions extends Omit<SigmaOptions, 'predictionType'> {
  /** Default 'epsilon'. */
  readonly predictionType?: NetworkPrediction;
  /** Order of the method, 1 to 3. Default 2. */
  readonly order?: number;
  /** Lowers the order in the last steps, steadier for few steps. Default true. */
  readonly lowerOrderFinal?: boolean;
  /** Where the last step goes: no noise, or the level of step 0. Default 'zero'. */
  readonly finalSigma?: 'zero' | 'sigma_min';
  /** Follows a straight path, x = (1 - sigma) x0 + sigma e, with this shift (1: none), instead of the schedule. */
  readonly flowShift?: number;
}

export const solverOptionNames: OptionNames<SolverOptions> = {
  ...sigmaOptionNames,
  order: true,
  lowerOrderFinal: true,
  finalSigma: true,
  flowShift: true,
};

/** Checks the shared options; the largest order is the method's own. */
export function requireSolverOptions(name: string, options: SolverOptions): void {
  const { predictionType = 'epsilon', order = 2, finalSigma = 'zero', flowShift } = options;
  requireFlowPrediction(name, predictionType);
  requireOneOf(`${name}: order`, order, [1, 2, 3]);
  requireOneOf(`${name}: finalSigma`, finalSigma, ['zero', 'sigma_min']);
  if (flowShift !== undefined) requireNumber(`${name}: flowShift`, flowShift, Number.MIN_VALUE);
  requireSigmaOptions(name, { ...options, predictionType: 'epsilon' });
}

/** x0 from a network's output at a point of the path. */
export function solverXStart(
  predictionType: SolverPrediction,
  point: NoiseLevel,
  x: tf.Tensor4D,
  output: tf.Tensor4D,
): tf.Tensor4D {
  if (predictionType !== 'flow') return toXStart(predictionType, point, x, output);
  // x = s x0 + n e and output = e - x0 give x0 = (x - n output) / (s + n); on the straight path s + n is 1.
  const sum = point.signal + point.noise;
  return combine([1 / sum, x], [-point.noise / sum, output]);
}

/** The noise from a network's output at a point of the path. */
export function solverNoise(
  predictionType: SolverPrediction,
  point: NoiseLevel,
  x: tf.Tensor4D,
  output: tf.Tensor4D,
): tf.Tensor4D {
  if (predictionType !== 'flow') return toNoise(predictionType, point, x, output);
  const sum = point.signal + point.noise;
  return combine([1 / sum, x], [point.signal / sum, output]);
}
