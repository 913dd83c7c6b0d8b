import { type OptionNames, requireOptions } from '@medseg/ops';
import { requireFlowPrediction } from '../process/prediction.ts';
import { requireInteger, requireOneOf } from '../schedule/check.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { combine, type Term } from '../tensors.ts';
import {
  type PathPoint,
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
import { uniPcWeights } from './unipc-update.ts';

/** Options of {@link unipc}. */
export interface UniPcOptions extends SolverOptions, LimitOptions {
  /** B(h) of the paper: h or e^h - 1. bh1 suits fewer than 10 steps without guidance. Default 'bh2'. */
  readonly solverType?: 'bh1' | 'bh2';
  /** Solves in x0, as DPM-Solver++ does, or in the noise. Default true. */
  readonly predictX0?: boolean;
  /** Steps, counted from 0, whose result is not corrected. Default none. */
  readonly disableCorrector?: readonly number[];
}

export const unipcOptionNames: OptionNames<UniPcOptions> = {
  ...solverOptionNames,
  ...limitOptionNames,
  solverType: true,
  predictX0: true,
  disableCorrector: true,
};

/**
 * UniPC: a multistep predictor, corrected at no extra call of the network (Zhao et al. 2023). 5 to 10 steps do.
 * Throws RangeError for options out of range or that do not go together.
 *
 * @example const scheduler = unipc(schedule, { predictionType: 'sample', order: 3 });
 */
export function unipc(schedule: Schedule, options: UniPcOptions = {}): Scheduler {
  requireOptions('unipc', options, unipcOptionNames);
  requireSchedule('unipc', schedule);
  const {
    predictionType = 'epsilon',
    order = 2,
    solverType = 'bh2',
    predictX0 = true,
    lowerOrderFinal = true,
    disableCorrector = [],
  } = options;
  requireFlowPrediction('unipc', predictionType);
  requireSolverOptions('unipc', options);
  requireOneOf('unipc: solverType', solverType, ['bh1', 'bh2']);
  disableCorrector.forEach((step, i) => {
    requireInteger(`unipc: disableCorrector[${i}]`, step, 0);
  });
  if (!predictX0 && (options.finalSigma ?? 'zero') === 'zero') {
    throw new RangeError("unipc: predictX0 false needs finalSigma 'sigma_min', got 'zero'");
  }
  // diffusers limits x0 only where it solves in x0.
  const limited = predictX0 || options.matchDiffusers !== true;
  const limit = limiter('unipc', limited ? options : { ...options, thresholding: false, clipSample: false });
  const form = { predictX0, solverType };
  return {
    name: 'unipc',
    predictionType,
    schedule,
    options,
    plan: (steps) => {
      const { timesteps, points } = uniPcPath(schedule, steps, options);
      const total = timesteps.length;
      const orderAt = (index: number): number => {
        const wanted = Math.min(lowerOrderFinal ? Math.min(order, total - index) : order, index + 1);
        // The step to no noise is infinitely long, and two calls at one level tell nothing of a derivative.
        if (points[index + 1]!.noise === 0) return 1;
        for (let k = 1; k < wanted; k++) if (samePoint(points[index - k]!, points[index - k + 1]!)) return k;
        return wanted;
      };
      const pointsOf = (index: number): [PathPoint, PathPoint, ...PathPoint[]] => {
        const used = points.slice(index + 1 - orderAt(index), index + 2).reverse();
        return used as [PathPoint, PathPoint, ...PathPoint[]];
      };
      return definePlan({
        name: 'unipc',
        timesteps,
        predictionType,
        noiseLevel: (index) => ({ signal: points[index]!.signal, noise: points[index]!.noise }),
        step: ({ index, history, output, x: predicted }) => {
          const point = points[index]!;
          const raw = solverXStart(predictionType, point, predicted, output);
          const x0 = limit(raw);
          const prediction = predictX0
            ? x0
            : x0 === raw
              ? solverNoise(predictionType, point, predicted, output)
              : solverNoise('sample', point, predicted, x0);
          const [start, ...before] = history;
          let x = predicted;
          if (index > 0 && start !== undefined && !disableCorrector.includes(index - 1)) {
            const weights = uniPcWeights(form, true, pointsOf(index - 1));
            const terms = weights.predictions.map((weight, k): Term => [weight, before[k]!]);
            x = combine([weights.x, start], [weights.target, prediction], ...terms);
          }
          const predictions = [prediction, ...before].slice(0, order);
          const weights = uniPcWeights(form, false, pointsOf(index));
          const terms = weights.predictions.map((weight, k): Term => [weight, predictions[k]!]);
          return { x0, prev: combine([weights.x, x], ...terms), history: [x, ...predictions] };
        },
      });
    },
  };
}

function uniPcPath(schedule: Schedule, steps: number | readonly number[], options: UniPcOptions): SolverPath {
  const straight = options.flowShift !== undefined;
  const path = straight
    ? straightSolverPath('unipc', schedule.steps, steps, options.flowShift ?? 1, 'unipc', 0)
    : solverPath('unipc', schedule, steps, options);
  // Along levels of their own the last step, when not to no noise, stays where it is.
  if (options.finalSigma !== 'sigma_min' || !(straight || options.sigmaSpacing !== undefined)) return path;
  return { ...path, points: [...path.points.slice(0, -1), path.points[path.points.length - 2]!] };
}
