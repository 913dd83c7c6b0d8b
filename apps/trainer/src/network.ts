import { readFile } from 'node:fs/promises';
import { cosineSchedule, ddim, type Scheduler } from '@medseg/diffusion';
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

/** Few-step sampler of the recipe: deterministic DDIM on x_0 with trailing spacing. */
export function createScheduler(): Scheduler {
  return ddim(cosineSchedule({ steps: DIFFUSION_STEPS }), {
    predictionType: 'sample',
    timestepSpacing: 'trailing',
    clipSample: true,
  });
}
