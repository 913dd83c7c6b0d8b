import { type OptionNames, requireObject, requireOneOf, requireOptions, requireText } from '@medseg/arguments';
import {
  ddim,
  ddpm,
  dpmSolver,
  euler,
  eulerAncestral,
  flowMatching,
  heun,
  type LimitOptions,
  lcm,
  type PredictionType,
  type Scheduler,
  type TimestepSpacing,
  unipc,
  type VarianceType,
} from '@medseg/diffusion';
import { createSchedule, type ProcessInfo } from './process.ts';

/**
 * The samplers, named as in @medseg/diffusion. `ddim` draws noise once, `ddpm`, `euler-ancestral` and `lcm` at every step;
 * the others want fewer steps for the same path. `flow-matching` follows straight paths. (`ddimInversion` goes from a mask
 * to noise, and draws none.)
 */
export const SCHEDULER_NAMES = [
  'ddim',
  'ddpm',
  'dpm-solver',
  'unipc',
  'euler',
  'euler-ancestral',
  'heun',
  'lcm',
  'flow-matching',
] as const;
/** The name of a sampler. */
export type SchedulerName = (typeof SCHEDULER_NAMES)[number];

/** The name of a sampler as it is written here: `eulerAncestral` is `euler-ancestral`. */
export function currentSchedulerName(name: string): string {
  requireText('currentSchedulerName: name', name);
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Variances of `ddpm`, as in diffusers. */
export const VARIANCE_TYPES = [
  'fixed_small',
  'fixed_large',
  'learned_range',
] as const satisfies readonly VarianceType[];

/** Dynamic thresholds at most: masks are far below it. */
const LARGEST = 100;

/** How a sampler draws, beside its steps. */
export interface SamplerOptions {
  /** Share of ddpm's noise that each step of `ddim` draws, 0 to 1. Default 0. */
  readonly eta?: number | undefined;
  /** How x_0 is kept in its range. Default 'clip'. */
  readonly limit?: 'clip' | 'threshold' | 'none' | undefined;
  /** Variance of `ddpm`. Default: learned where the network has one, else 'fixed_small'. */
  readonly variance?: VarianceType | undefined;
  /** Which training steps are visited. Default 'trailing', which suits few steps. */
  readonly timestepSpacing?: TimestepSpacing | undefined;
  /** Whether the network returns a variance. Default false. */
  readonly learnedVariance?: boolean | undefined;
}

const optionNames: OptionNames<SamplerOptions> = {
  eta: true,
  limit: true,
  variance: true,
  timestepSpacing: true,
  learnedVariance: true,
};

/**
 * A sampler over a process. Throws RangeError where it cannot follow what the network predicts, and for an option that
 * the sampler does not have: `eta` is of `ddim`, `variance` of `ddpm`.
 */
export function createScheduler(name: SchedulerName, process: ProcessInfo, options: SamplerOptions = {}): Scheduler {
  requireObject('createScheduler: process', process, ['schedule', 'timesteps', 'prediction']);
  requireOptions('createScheduler', options, optionNames);
  requireOneOf('createScheduler: name', name, SCHEDULER_NAMES);
  const { prediction } = process;
  const { eta = 0, limit = 'clip', variance, timestepSpacing = 'trailing', learnedVariance = false } = options;
  if (eta > 0 && name !== 'ddim') {
    throw new RangeError(`eta is of the scheduler ddim, got ${eta} with ${name}`);
  }
  if (variance !== undefined && name !== 'ddpm') {
    throw new RangeError(`variance is of the scheduler ddpm, got ${variance} with ${name}`);
  }
  if (variance === 'learned_range' && !learnedVariance) {
    throw new RangeError('variance learned_range needs a network that has learned one, got one without');
  }
  if (timestepSpacing !== 'trailing' && (name === 'lcm' || prediction === 'flow')) {
    throw new RangeError(`timestepSpacing is of other schedulers than ${name}, got ${timestepSpacing}`);
  }
  // At the usual largest value of 1 thresholding would be clipping.
  const limits: LimitOptions =
    limit === 'threshold' ? { thresholding: true, sampleMaxValue: LARGEST } : { clipSample: limit === 'clip' };
  if (name === 'flow-matching' || prediction === 'flow') return flowScheduler(name, process, limits);
  const given = { predictionType: prediction, timestepSpacing, ...limits };
  const schedule = createSchedule(process);
  switch (name) {
    case 'ddim':
      return ddim(schedule, { ...given, eta });
    case 'ddpm':
      return ddpm(schedule, {
        ...given,
        varianceType: variance ?? (learnedVariance ? 'learned_range' : 'fixed_small'),
      });
    case 'dpm-solver':
      return dpmSolver(schedule, given);
    case 'unipc':
      return unipc(schedule, given);
    case 'euler':
      return euler(schedule, given);
    case 'euler-ancestral':
      return eulerAncestral(schedule, given);
    case 'heun':
      return heun(schedule, given);
    case 'lcm':
      return lcm(schedule, { predictionType: prediction as PredictionType, ...limits });
  }
}

/** Straight paths have a sampler of their own. */
function flowScheduler(name: SchedulerName, { prediction, timesteps }: ProcessInfo, limits: LimitOptions): Scheduler {
  if (name !== 'flow-matching' || prediction !== 'flow') {
    throw new RangeError(
      `a network that predicts flow is sampled by flow-matching, and no other is, got ${name} for a prediction of ${prediction}`,
    );
  }
  return flowMatching({ trainSteps: timesteps, ...limits });
}
