import type { SchedulerName } from '../networks/process.ts';
import type { EnsembleOptions } from '../segmentation/sample-places.ts';
import type { Run } from './run.ts';

/** What somebody may say of sampling. */
export interface SamplingChoice {
  readonly scheduler?: SchedulerName;
  readonly samplingSteps?: number;
  readonly members?: number;
  readonly seed?: number;
}

/** The ensemble that the options ask for, else the run's own. */
export function ensembleOf(run: Run, { scheduler, samplingSteps, members, seed }: SamplingChoice): EnsembleOptions {
  const { sampling, seed: runSeed } = run.defaults;
  return {
    scheduler: scheduler ?? sampling.scheduler,
    steps: samplingSteps ?? sampling.steps,
    members: members ?? sampling.members,
    seed: seed ?? runSeed,
    preparation: run.info.preparation,
  };
}
