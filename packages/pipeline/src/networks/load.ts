import { AnchoredDiffusion } from '@medseg/models';
import { loadVariables } from '@medseg/training';
import { asRunError } from '../errors.ts';
import { activationOf, type Classes } from '../run/classes.ts';
import type { RunConfig } from '../run/config.ts';
import type { RunInfo } from '../run/info.ts';
import type { Run } from '../run/run.ts';
import { ANCHORED_PROCESS } from './anchored.ts';
import { REFERENCES } from './references.ts';
import type { RunNetwork } from './run-network.ts';

/** The network of a configuration with fresh weights. Throws RunError where it cannot be built. */
export function buildNetwork(
  { data, network, seed }: RunConfig,
  { imageChannels, classes }: { imageChannels: number; classes: Classes },
): AnchoredDiffusion {
  return asRunError(
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
export async function loadNetwork(run: Run): Promise<RunNetwork> {
  const bytes = await run.readModel();
  const network = buildRunNetwork(run.info);
  try {
    loadVariables(network.network.variables(), bytes, run.placeOf('model'));
  } catch (error) {
    network.network.dispose();
    throw error;
  }
  return network;
}

function buildRunNetwork(info: RunInfo): RunNetwork {
  const activation = activationOf(info.classes);
  if (info.kind === 'trained') {
    return { network: buildNetwork(info.config, info), process: ANCHORED_PROCESS, activation };
  }
  const { options, process, source } = info;
  return { network: asRunError(() => REFERENCES[source.reference].build(options, process)), process, activation };
}
