import { type OptionNames, requireOptions } from '@medseg/ops';
import { requireInteger, requireNumber, requireOneOf } from '../schedule/check.ts';
import { linspace } from '../schedule/linear.ts';
import { type SigmaSpacing, spacedSigmas } from '../schedule/sigmas.ts';
import { combine } from '../tensors.ts';
import { type LimitOptions, limiter, limitOptionNames } from './limit.ts';
import { definePlan } from './plan.ts';
import type { Scheduler } from './scheduler.ts';
import { requireTimestepList } from './variance-preserving.ts';

/** Options of {@link flowMatching}. */
export interface FlowMatchingOptions extends LimitOptions {
  /** What sigma 1 is called when the network is told its time. Default 1000. */
  readonly trainSteps?: number;
  /** Spends more steps where there is much noise: sigma -> shift sigma / (1 + (shift - 1) sigma) (Esser et al. 2024, eq. 23). Default 1. */
  readonly shift?: number;
  /**
   * Shifts by e^mu / (e^mu + 1/sigma - 1) instead, with mu chosen for the resolution ('exponential'), or mu in place
   * of e^mu. Default: `shift` is used.
   */
  readonly dynamicShift?: {
    /** Exponent of the shift, or the shift itself with 'linear'. */
    readonly mu: number;
    /** Whether mu is an exponent. Default 'exponential'. */
    readonly type?: 'exponential' | 'linear';
  };
  /** Stretches the levels so that the last is this. Default: no stretching. */
  readonly shiftTerminal?: number;
  /** Levels spaced by a rule of their own. Default: evenly in time, shifted. */
  readonly sigmaSpacing?: SigmaSpacing;
  /** Image at sigma 1 and noise at 0, the other way round. Default false. */
  readonly invertSigmas?: boolean;
  /** Predicts the image and noises it anew at each step. Needs `random`. Default false. */
  readonly stochastic?: boolean;
}

export const flowMatchingOptionNames: OptionNames<FlowMatchingOptions> = {
  ...limitOptionNames,
  trainSteps: true,
  shift: true,
  dynamicShift: true,
  shiftTerminal: true,
  sigmaSpacing: true,
  invertSigmas: true,
  stochastic: true,
};

/**
 * Flow matching on the straight path x = (1 - sigma) x0 + sigma noise, by Euler's method (Lipman et al. 2022, Liu et al.
 * 2022). The network returns noise - x0; it is told sigma * trainSteps. One step is exact where paths are straight.
 * Throws RangeError for options out of range.
 *
 * @example const scheduler = flowMatching({ shift: 3 });
 */
export function flowMatching(options: FlowMatchingOptions = {}): Scheduler {
  requireOptions('flowMatching', options, flowMatchingOptionNames);
  const {
    trainSteps = 1000,
    shift = 1,
    shiftTerminal,
    sigmaSpacing,
    invertSigmas = false,
    stochastic = false,
  } = options;
  requireInteger('flowMatching: trainSteps', trainSteps, 1);
  requireNumber('flowMatching: shift', shift, Number.MIN_VALUE);
  requireOneOf('flowMatching: sigmaSpacing', sigmaSpacing, [undefined, 'karras', 'exponential', 'beta', 'lu']);
  if (shiftTerminal !== undefined) requireNumber('flowMatching: shiftTerminal', shiftTerminal, 0, 1 - 2 ** -52);
  if (options.dynamicShift !== undefined) {
    const { mu, type = 'exponential' } = options.dynamicShift;
    requireOneOf('flowMatching: dynamicShift.type', type, ['exponential', 'linear']);
    requireNumber('flowMatching: dynamicShift.mu', mu, type === 'linear' ? Number.MIN_VALUE : -700, 700);
  }
  const limit = limiter('flowMatching', options);
  return {
    name: 'flowMatching',
    predictionType: 'flow',
    schedule: null,
    options,
    plan: (steps) => {
      const sigmas = flowSigmas(options, trainSteps, shift, steps);
      const clean = invertSigmas ? 1 : 0;
      const path = [...(invertSigmas ? sigmas.map((sigma) => 1 - sigma) : sigmas), clean];
      const level = (sigma: number): { signal: number; noise: number } =>
        invertSigmas ? { signal: sigma, noise: 1 - sigma } : { signal: 1 - sigma, noise: sigma };
      return definePlan({
        name: 'flowMatching',
        timesteps: path.slice(0, -1).map((sigma) => Math.fround(sigma * trainSteps)),
        predictionType: 'flow',
        noiseLevel: (index) => level(path[index]!),
        step: ({ index, output, x, noise }) => {
          const sigma = path[index]!;
          const next = path[index + 1]!;
          const raw = combine([1, x], [clean - sigma, output]);
          const x0 = limit(raw);
          if (stochastic) {
            // Inverted levels are not turned round here, as in diffusers.
            const predicted = invertSigmas ? limit(combine([1, x], [-sigma, output])) : x0;
            return { x0: predicted, prev: combine([1 - next, predicted], [next, noise()]) };
          }
          if (x0 === raw) return { x0, prev: combine([1, x], [next - sigma, output]) };
          const ratio = (next - clean) / (sigma - clean);
          return { x0, prev: combine([ratio, x], [1 - ratio, x0]) };
        },
      });
    },
  };
}

function flowSigmas(
  { dynamicShift, shiftTerminal, sigmaSpacing }: FlowMatchingOptions,
  trainSteps: number,
  shift: number,
  steps: number | readonly number[],
): number[] {
  const shifted = (sigma: number): number => (shift * sigma) / (1 + (shift - 1) * sigma);
  let sigmas: number[];
  if (typeof steps === 'number') {
    requireInteger('flowMatching: steps', steps, 1);
    // The smallest level is the shifted 1 / trainSteps; it is shifted once more below, as in diffusers.
    const smallest = dynamicShift === undefined ? shifted(1 / trainSteps) : 1 / trainSteps;
    sigmas = Array.from(linspace(1, smallest, steps));
  } else {
    requireTimestepList('flowMatching', steps);
    steps.forEach((t, i) => {
      requireNumber(`flowMatching: timestep ${i}`, t, Number.MIN_VALUE, trainSteps);
      if (i > 0 && t >= steps[i - 1]!) {
        throw new RangeError(`flowMatching: timesteps must fall from step to step, got ${t} after ${steps[i - 1]}`);
      }
    });
    sigmas = steps.map((t) => t / trainSteps);
  }
  if (dynamicShift === undefined) sigmas = sigmas.map(shifted);
  else {
    const { mu, type = 'exponential' } = dynamicShift;
    const factor = type === 'exponential' ? Math.exp(mu) : mu;
    sigmas = sigmas.map((sigma) => factor / (factor + 1 / sigma - 1));
  }
  if (shiftTerminal) {
    const stretch = (1 - sigmas[sigmas.length - 1]!) / (1 - shiftTerminal);
    if (stretch > 0) sigmas = sigmas.map((sigma) => 1 - (1 - sigma) / stretch);
  }
  if (sigmaSpacing === undefined) return sigmas;
  return Array.from(spacedSigmas(sigmaSpacing, sigmas[0]!, sigmas[sigmas.length - 1]!, sigmas.length));
}
