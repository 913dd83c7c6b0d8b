import { requireObject } from '@medseg/arguments';
import type { SchedulerName } from '../networks/process.ts';
import type { Fusion } from '../segmentation/fuse-members.ts';
import type { EnsembleOptions } from '../segmentation/sample-places.ts';
import type { Run } from './run.ts';

/** What somebody may say of sampling. */
export interface SamplingChoice {
  /** Name of the sampler. Default: the run's own. */
  readonly scheduler?: SchedulerName;
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

/** The ensemble that the options ask for, else the run's own; with `fast` no step and a single map. */
export function ensembleOf(run: Run, samplingChoice: SamplingChoice): EnsembleOptions {
  requireObject('ensembleOf: run', run, ['info', 'store']);
  requireObject('ensembleOf: samplingChoice', samplingChoice, []);
  const { scheduler, samplingSteps, members, seed, fast, fuse } = samplingChoice;
  const { sampling, seed: runSeed } = run.defaults;
  return {
    scheduler: scheduler ?? sampling.scheduler,
    steps: samplingSteps ?? sampling.steps,
    members: members ?? sampling.members,
    seed: seed ?? runSeed,
    preparation: run.info.preparation,
    ...(fuse !== undefined && !fast && { fuse }),
    ...(fast && { method: 'anchor', steps: 0, members: 1 }),
  };
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
  return ensembleOf(run, {
    members: evaluation.members ?? Math.min(sampling.members, most),
    samplingSteps: evaluation.steps ?? sampling.steps,
    fast: evaluation.fast,
  });
}
