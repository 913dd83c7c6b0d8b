import { readFile } from 'node:fs/promises';
import { cosineSchedule, ddim, ddpm, type Scheduler } from '@medseg/diffusion';
import { AnchoredDiffusion } from '@medseg/models';
import { loadModel } from '@medseg/training';
import type { RunConfig } from './config.ts';
import type { RunFolder } from './run-folder.ts';
import { UserError } from './user-error.ts';

/** Training steps of the diffusion process. */
export const DIFFUSION_STEPS = 1000;

/** The network of a configuration with fresh weights. Throws UserError where it cannot be built. */
export function buildNetwork({ data, network, seed }: RunConfig, imageChannels: number): AnchoredDiffusion {
  try {
    return new AnchoredDiffusion({ ...network, imageSize: data.imageSize, imageChannels, seed });
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(error.message);
    throw error;
  }
}

/** The network of a run with the best weights that its training has found. */
export async function loadNetwork(run: RunFolder): Promise<AnchoredDiffusion> {
  let bytes: Buffer;
  try {
    bytes = await readFile(run.model);
  } catch {
    throw new UserError(`${run.model}: not found; train the run until its first validation, then segment with it`);
  }
  const network = buildNetwork(run.info.config, run.info.imageChannels);
  loadModel(network, bytes, run.model);
  return network;
}

export type SchedulerName = RunConfig['sampling']['scheduler'];

/** The sampler of a configuration, on x_0 and with trailing spacing, which suits few steps; the recipe's is DDIM. */
export function createScheduler(name: SchedulerName): Scheduler {
  const schedule = cosineSchedule({ steps: DIFFUSION_STEPS });
  const options = { predictionType: 'sample', timestepSpacing: 'trailing', clipSample: true } as const;
  return name === 'ddim' ? ddim(schedule, options) : ddpm(schedule, options);
}
