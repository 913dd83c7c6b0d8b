import { readFile } from 'node:fs/promises';
import { AnchoredDiffusion } from '@medseg/models';
import { loadVariables } from '@medseg/training';
import type { RunConfig } from './config.ts';
import { ANCHORED_PROCESS } from './networks/anchored.ts';
import { REFERENCES } from './networks/references.ts';
import type { RunNetwork } from './networks/run-network.ts';
import { activationOf, type Classes } from './run-classes.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunInfo } from './run-info.ts';
import { UserError } from './user-error.ts';

/** The network of a configuration with fresh weights. Throws UserError where it cannot be built. */
export function buildNetwork(
  { data, network, seed }: RunConfig,
  { imageChannels, classes }: { imageChannels: number; classes: Classes },
): AnchoredDiffusion {
  return asUserError(
    () =>
      new AnchoredDiffusion({
        ...network,
        imageSize: data.imageSize,
        imageChannels,
        maskChannels: classes.names.length,
        seed,
      }),
  );
}

/** The network of a run, of whatever kind, with the best weights that are known of it. */
export async function loadNetwork(run: RunFolder): Promise<RunNetwork> {
  const bytes = await readModel(run);
  const network = buildRunNetwork(run.info);
  try {
    loadVariables(network.network.variables(), bytes, run.model);
  } catch (error) {
    network.network.dispose();
    throw error;
  }
  return network;
}

/** The bytes of a run's `model.safetensors`. Throws UserError where there is none yet. */
export async function readModel(run: RunFolder): Promise<Buffer> {
  try {
    return await readFile(run.model);
  } catch {
    throw new UserError(`${run.model}: not found; train the run until its first validation, then use it`);
  }
}

function buildRunNetwork(info: RunInfo): RunNetwork {
  const activation = activationOf(info.classes);
  if (info.kind === 'trained') {
    return { network: buildNetwork(info.config, info), process: ANCHORED_PROCESS, activation };
  }
  const { options, process, source } = info;
  return { network: asUserError(() => REFERENCES[source.reference].build(options, process)), process, activation };
}

/** A configuration that cannot be built is the user's to mend. */
export function asUserError<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(error.message);
    throw error;
  }
}
