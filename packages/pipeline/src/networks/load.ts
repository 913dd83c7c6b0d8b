import { requireObject } from '@medseg/arguments';
import type { Network } from '@medseg/diffusion';
import { plural } from '@medseg/metrics';
import { loadVariables } from '@medseg/training';
import { asRunError, RunError } from '../errors.ts';
import { activationOf, type Classes } from '../run/classes.ts';
import type { RunConfig } from '../run/config.ts';
import type { RunInfo } from '../run/info.ts';
import { processOf } from '../run/process-of.ts';
import type { Run } from '../run/run.ts';
import type { NetworkKind } from './kinds/kind.ts';
import { NETWORK_KINDS } from './kinds/kinds.ts';
import { REFERENCES } from './references.ts';
import type { RunModel } from './run-model.ts';

/** The network of a configuration with fresh weights. Throws RunError where it cannot be built. */
export function buildNetwork(
  config: RunConfig,
  info: {
    /** Channels of an image, of all slices that a sample has. */
    imageChannels: number;
    /** The classes of the mask. */
    classes: Classes;
  },
): Network {
  requireObject('buildNetwork: config', config, ['data', 'network', 'objective', 'seed']);
  requireObject('buildNetwork: info', info, ['imageChannels', 'classes']);
  const { data, network, objective, seed } = config;
  const { imageChannels, classes } = info;
  const kind: NetworkKind = NETWORK_KINDS[network.name];
  return asRunError(() =>
    kind.build(network, {
      imageSize: data.imageSize,
      imageChannels,
      maskChannels: classes.names.length,
      predictionType: objective.prediction,
      learnedVariance: objective.learnedVariance,
      selfConditioning: objective.selfConditioning > 0,
      seed,
    }),
  );
}

/** The network of a run, of whatever kind, with the best weights that are known of it. */
export async function loadRunModel(run: Run): Promise<RunModel> {
  requireObject('loadRunModel: run', run, ['info', 'store']);
  const bytes = await run.readModel();
  const model = buildModel(run.info);
  try {
    requireFitting(run, model.network);
    loadVariables(model.network.variables(), bytes, run.placeOf('model'));
  } catch (error) {
    model.network.dispose();
    throw error;
  }
  return model;
}

/** Throws RunError where a run prepares images, or has classes, that are not those of its network. */
function requireFitting(run: Run, { imageSize, maskChannels }: Network): void {
  const { preparation, classes } = run.info;
  const size = preparation.imageSize;
  if (imageSize.join() !== size.join()) {
    const rule = `preparation.imageSize: must be that of its network, ${imageSize.join('x')}, got ${size.join('x')}`;
    throw new RunError(`${run.placeOf('info')}: ${rule}`);
  }
  if (maskChannels !== classes.names.length) {
    const rule = `classes.names: its network has ${plural(maskChannels, 'mask channels')}, got ${plural(classes.names.length, 'names')}`;
    throw new RunError(`${run.placeOf('info')}: ${rule}`);
  }
}

function buildModel(info: RunInfo): RunModel {
  const activation = activationOf(info.classes);
  if (info.kind === 'trained') {
    return { network: buildNetwork(info.config, info), process: processOf(info.config), activation };
  }
  const { options, process, source } = info;
  return { network: asRunError(() => REFERENCES[source.reference].build(options, process)), process, activation };
}
