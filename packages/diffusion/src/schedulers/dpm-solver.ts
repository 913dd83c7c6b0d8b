import { type OptionNames, requireOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { requireFlowPrediction } from '../process/prediction.ts';
import { requireOneOf } from '../schedule/check.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { interpolate, sigmaTable } from '../schedule/sigmas.ts';
import { combine, type Term } from '../tensors.ts';
import { type DpmAlgorithm, dpmWeights } from './dpm-solver-update.ts';
import {
  requireSolverOptions,
  type SolverOptions,
  samePoint,
  solverNoise,
  solverOptionNames,
  solverXStart,
} from './half-log-snr.ts';
import { type LimitOptions, limiter, limitOptionNames } from './limit.ts';
import { definePlan } from './plan.ts';
import { requireSchedule } from './require-schedule.ts';
import type { Scheduler } from './scheduler.ts';
import { type SolverPath, solverPath, straightSolverPath } from './solver-path.ts';

/** Options of {@link dpmSolver}. */
export interface DpmSolverOptions extends SolverOptions, LimitOptions {
  /** The equation that is solved; `sde-` draws noise at each step. Default 'dpmsolver++'. */
  readonly algorithm?: DpmAlgorithm;
  /** The second-order update. Default 'midpoint'. */
  readonly solverType?: 'midpoint' | 'heun';
  /** First order in the very last step. Default false. */
  readonly eulerAtFinal?: boolean;
  /** Leaves out the noisiest training steps, those with half log SNR below this. Default -Infinity: none. */
  readonly lambdaMinClipped?: number;
  /** The network also returns a variance, in a second half of channels that this solver ignores. Default false. */
  readonly learnedVariance?: boolean;
}

export const dpmSolverOptionNames: OptionNames<DpmSolverOptions> = {
  ...solverOptionNames,
  ...limitOptionNames,
  algorithm: true,
  solverType: true,
  eulerAtFinal: true,
  lambdaMinClipped: true,
  learnedVariance: true,
};

/**
 * DPM-Solver++, multistep, orders 1 to 3, as an ODE or an SDE (Lu et al. 2022b, algorithm 2). 10 to 20 steps do.
 * Throws RangeError for options out of range or that do not go together.
 *
 * @example const scheduler = dpmSolver(schedule, { predictionType: 'sample', timestepSpacing: 'trailing' });
 */
export function dpmSolver(schedule: Schedule, options: DpmSolverOptions = {}): Scheduler {
  requireOptions('dpmSolver', options, dpmSolverOptionNames);
  requireSchedule('dpmSolver', schedule);
  const {
    predictionType = 'epsilon',
    order = 2,
    algorithm = 'dpmsolver++',
    solverType = 'midpoint',
    lowerOrderFinal = true,
    eulerAtFinal = false,
    finalSigma = 'zero',
    lambdaMinClipped = Number.NEGATIVE_INFINITY,
    learnedVariance = false,
  } = options;
  requireFlowPrediction('dpmSolver', predictionType);
  requireSolverOptions('dpmSolver', options);
  requireOneOf('dpmSolver: algorithm', algorithm, ['dpmsolver++', 'dpmsolver', 'sde-dpmsolver++', 'sde-dpmsolver']);
  requireOneOf('dpmSolver: solverType', solverType, ['midpoint', 'heun']);
  if (Number.isNaN(lambdaMinClipped)) throw new RangeError('dpmSolver: lambdaMinClipped must be a number, got NaN');
  const solvesX0 = algorithm.endsWith('++');
  if (!solvesX0 && finalSigma === 'zero') {
    throw new RangeError(`dpmSolver: algorithm '${algorithm}' needs finalSigma 'sigma_min', got 'zero'`);
  }
  if (algorithm === 'sde-dpmsolver' && order === 3) {
    throw new RangeError("dpmSolver: algorithm 'sde-dpmsolver' has the orders 1 and 2, got 3");
  }
  const limit = limiter('dpmSolver', options);
  return {
    name: 'dpmSolver',
    predictionType,
    schedule,
    options,
    plan: (steps) => {
      const { timesteps, points } = dpmPath(schedule, steps, options, lambdaMinClipped);
      const total = timesteps.length;
      const orderAt = (index: number, known: number): number => {
        const short = lowerOrderFinal && total < 15;
        const left = total - index;
        if (left === 1 && (eulerAtFinal || short || finalSigma === 'zero')) return 1;
        const wanted = Math.min(order, known, left === 2 && short ? 2 : 3);
        // Two calls at one level (more steps than the schedule has) tell nothing of a derivative.
        for (let k = 1; k < wanted; k++) if (samePoint(points[index - k]!, points[index - k + 1]!)) return k;
        return wanted;
      };
      return definePlan({
        name: 'dpmSolver',
        timesteps,
        predictionType,
        outputsPerChannel: learnedVariance ? 2 : 1,
        noiseLevel: (index) => ({ signal: points[index]!.signal, noise: points[index]!.noise }),
        step: ({ index, history, output, x, noise }) => {
          const point = points[index]!;
          const prediction = learnedVariance ? firstHalf(output) : output;
          const raw = solverXStart(predictionType, point, x, prediction);
          const x0 = limit(raw);
          const noisePrediction = (): tf.Tensor4D =>
            x0 === raw ? solverNoise(predictionType, point, x, prediction) : solverNoise('sample', point, x, x0);
          const predictions = [solvesX0 ? x0 : noisePrediction(), ...history].slice(0, order);
          const used = orderAt(index, predictions.length);
          const weights = dpmWeights(
            algorithm,
            solverType === 'heun',
            points.slice(index + 1 - used, index + 2).reverse(),
          );
          const terms: Term[] = weights.predictions.map((weight, k) => [weight, predictions[k]!]);
          if (algorithm.startsWith('sde-')) terms.push([weights.noise, noise()]);
          return { x0, prev: combine([weights.x, x], ...terms), history: predictions.slice(0, order - 1) };
        },
      });
    },
  };
}

function dpmPath(
  schedule: Schedule,
  steps: number | readonly number[],
  options: DpmSolverOptions,
  lambdaMinClipped: number,
): SolverPath {
  const table = sigmaTable(schedule);
  if (options.flowShift !== undefined) {
    const final = options.finalSigma === 'sigma_min' ? table[0]! : 0;
    return straightSolverPath('dpmSolver', schedule.steps, steps, options.flowShift, 'dpmSolver', final);
  }
  const last = table.filter((sigma) => -Math.log(sigma) >= lambdaMinClipped).length;
  if (last === 0) {
    throw new RangeError(
      `dpmSolver: lambdaMinClipped must leave at least one step, so be at most ${-Math.log(interpolate(table, 0))}, got ${lambdaMinClipped}`,
    );
  }
  return solverPath('dpmSolver', schedule, steps, options, { last, truncateCosine: true });
}

function firstHalf(output: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = output.shape;
  return tf.slice(output, [0, 0, 0, 0], [batch, height, width, channels / 2]);
}
