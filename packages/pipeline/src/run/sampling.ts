import { requireObject } from '@medseg/arguments';
import { asRunError, RunError } from '../errors.ts';
import { NETWORK_KINDS } from '../networks/kinds/kinds.ts';
import { createScheduler, type SamplerOptions, type SchedulerName } from '../networks/samplers.ts';
import type { Fusion } from '../segmentation/fuse-members.ts';
import type { EnsembleOptions } from '../segmentation/sample-places.ts';
import type { SamplingConfig } from './config/sampling.ts';
import { processOf } from './process-of.ts';
import type { Run } from './run.ts';

/** What somebody may say of sampling. */
export interface SamplingChoice {
  /** Name of the sampler. Default: the run's own. */
  readonly scheduler?: SchedulerName;
  /** Share of ddpm's noise that each step of `ddim` draws. Default: the run's own. */
  readonly eta?: number;
  /** How x_0 is kept in its range. Default: the run's own. */
  readonly limit?: SamplerOptions['limit'];
  /** Variance of `ddpm`. Default: the run's own. */
  readonly variance?: SamplerOptions['variance'];
  /** Which training steps are visited. Default: the run's own. */
  readonly timestepSpacing?: SamplerOptions['timestepSpacing'];
  /** Scale of classifier-free guidance, of runs that were trained for it. Default: the run's own. */
  readonly guidance?: number;
  /** Sampling steps. Default: the run's own. */
  readonly samplingSteps?: number;
  /** Members of the ensemble. Default: the run's own. */
  readonly members?: number;
  /** Seed of the noise. Default: the run's own. */
  readonly seed?: number;
  /** The anchor head alone, without sampling. */
  readonly fast?: boolean;
  /** How the members become the mask. Default 'mean'; with `fast` there is nothing to fuse. */
  readonly fuse?: Fusion;
}

/**
 * The ensemble that the options ask for, else the run's own; with `fast`, and of a plain U-Net, no step and a single map.
 * Throws RunError for a sampler that cannot draw so from the run's network.
 */
export function ensembleOf(run: Run, samplingChoice: SamplingChoice): EnsembleOptions {
  requireObject('ensembleOf: run', run, ['info', 'store']);
  requireObject('ensembleOf: samplingChoice', samplingChoice, []);
  const { scheduler, samplingSteps, members, seed, fast, fuse } = samplingChoice;
  const { sampling, seed: runSeed } = run.defaults;
  const plain = isPlain(run);
  if (plain) requireNothingToSample(run, samplingChoice);
  const ensemble: EnsembleOptions = {
    scheduler: scheduler ?? sampling.scheduler,
    drawing: drawingOf(sampling, samplingChoice),
    guidance: guidanceOf(run, samplingChoice),
    steps: samplingSteps ?? sampling.steps,
    members: members ?? sampling.members,
    seed: seed ?? runSeed,
    preparation: run.info.preparation,
    ...(fuse !== undefined && !fast && !plain && { fuse }),
    ...((fast || plain) && { method: 'anchor', steps: 0, members: 1 }),
  };
  asRunError(() => requireSampler(run, ensemble));
  return ensemble;
}

/** Throws RunError for a run that was not trained without a condition, too. */
function guidanceOf({ info, name, defaults }: Run, { guidance = defaults.sampling.guidance }: SamplingChoice): number {
  if (guidance === 1) return 1;
  const dropout = info.kind === 'trained' ? info.config.objective.conditionDropout : 0;
  if (dropout > 0) return guidance;
  throw new RunError(`${name}: guidance needs a run that was trained with objective.conditionDropout, got ${guidance}`);
}

/** Of the run's own, only what its own sampler has goes over to another. */
function drawingOf(own: SamplingConfig, choice: SamplingChoice): EnsembleOptions['drawing'] {
  const same = choice.scheduler === undefined || choice.scheduler === own.scheduler;
  const variance = choice.variance ?? (same ? own.variance : undefined);
  return {
    eta: choice.eta ?? (same ? own.eta : 0),
    limit: choice.limit ?? own.limit,
    timestepSpacing: choice.timestepSpacing ?? own.timestepSpacing,
    ...(variance !== undefined && { variance }),
  };
}

/** Throws RangeError where the sampler cannot follow the process of the run. */
function requireSampler({ info }: Run, { scheduler, drawing, steps, method }: EnsembleOptions): void {
  const learnedVariance = info.kind === 'trained' && info.config.objective.learnedVariance;
  const process = info.kind === 'trained' ? processOf(info.config) : info.process;
  const sampler = createScheduler(scheduler, process, { ...drawing, learnedVariance });
  if (method !== 'anchor') sampler.plan(steps);
}

/**
 * Whether a run's network gives its mask without diffusion, as a plain U-Net does.
 *
 * @example if (isPlain(run)) console.log('nothing to sample');
 */
export function isPlain(run: Run): boolean {
  requireObject('isPlain: run', run, ['info']);
  const { info } = run;
  return info.kind === 'trained' && !NETWORK_KINDS[info.config.network.name].diffusion;
}

function requireNothingToSample(run: Run, choice: SamplingChoice): void {
  for (const name of [
    'scheduler',
    'samplingSteps',
    'members',
    'eta',
    'limit',
    'variance',
    'timestepSpacing',
    'guidance',
    'fuse',
  ] as const) {
    if (choice[name] === undefined) continue;
    throw new RunError(
      `${run.name}: its network is a plain U-Net, which has nothing to sample; leave out the settings of sampling, got ${name} ${choice[name]}`,
    );
  }
}

/** Members that the evaluation after training draws of volumes, at most: each has hundreds of slices. */
const VOLUME_MEMBERS = 3;

/**
 * How the evaluation at the end of training samples: as the configuration says (`evaluation`), else as the run does, of
 * volumes with at most three members.
 *
 * @example finalEnsembleOf(run, 'volumes').members // 3
 */
export function finalEnsembleOf(run: Run, noun: 'images' | 'volumes'): EnsembleOptions {
  requireObject('finalEnsembleOf: run', run, ['info', 'store']);
  const { sampling, evaluation } = run.trained.config;
  const most = noun === 'volumes' ? VOLUME_MEMBERS : sampling.members;
  if (isPlain(run)) return ensembleOf(run, {});
  return ensembleOf(run, {
    members: evaluation.members ?? Math.min(sampling.members, most),
    samplingSteps: evaluation.steps ?? sampling.steps,
    fast: evaluation.fast,
  });
}
