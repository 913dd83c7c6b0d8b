import { basename } from 'node:path';
import type { Network } from '@medseg/diffusion';
import { type ConfigInput, loadRunModel, NETWORK_KINDS, type NetworkName, type Run } from '@medseg/pipeline';
import { openRun } from '@medseg/pipeline/node';
import { decodeSafetensors, type NamedArray } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { startBackend } from '../terminal/backend.ts';
import { output } from '../terminal/output.ts';
import { UserError } from '../terminal/user-error.ts';

/** What a new run remembers of the weights that it began with. */
export interface InitialWeights {
  /** Name of the run or the file that they are from. */
  readonly from: string;
  /** Weights that were taken, and all that the network has. */
  readonly taken: number;
  readonly of: number;
}

/** Opens the run, or the file that `export` wrote, whose weights a new run begins with. */
export async function openInit(path: string): Promise<Run> {
  if (/\.(pt|pth|bin|ckpt)$/i.test(path)) {
    throw new UserError(
      `--init: must be a run or a file of medseg export; make a run of ${path} with medseg import first`,
      2,
    );
  }
  return openRun(path);
}

/** The settings that a network with the weights of a run needs: its own, what it was trained for, and its input. */
export async function settingsOf(run: Run): Promise<ConfigInput> {
  const { info } = run;
  if (info.kind === 'trained') {
    const { network, objective, data } = info.config;
    return { network, objective, data: { imageSize: data.imageSize, normalization: info.preparation.normalization } };
  }
  await startBackend();
  const { network } = await loadRunModel(run);
  const name: NetworkName = info.source.reference;
  const config = (network as Network & { readonly config: Readonly<Record<string, unknown>> }).config;
  const own = Object.keys(NETWORK_KINDS[name].options.shape).filter(
    (key) => key !== 'name' && config[key] !== undefined,
  );
  const { schedule, timesteps, prediction } = info.process;
  const { normalization, signed } = info.preparation;
  const reference: ConfigInput = name === 'official-v1' ? { fusion: 'gate' } : {};
  const settings = {
    // Upstream's V1 has one fusion, and its checkpoints do not say so.
    network: {
      name,
      ...reference,
      ...Object.fromEntries(own.map((key) => [key, config[key]])),
    },
    objective: {
      ...{ schedule, timesteps, prediction, learnedVariance: network.learnedVariance },
      ...(config.selfCondition === true && { selfConditioning: 0.5 }),
    },
    data: {
      imageSize: network.imageSize,
      normalization: { ...(normalization as ConfigInput), ...(signed && { signed }) },
    },
  };
  network.dispose();
  return settings;
}

/**
 * Puts the weights of a run into a network, those of the same name and shape, and says which were not there. Throws
 * UserError where none were.
 */
export async function takeInitialWeights(network: Network, run: Run): Promise<InitialWeights> {
  const { tensors } = decodeSafetensors(await run.readModel(), run.placeOf('model'));
  const variables = network.variables();
  const fresh: string[] = [];
  for (const [name, variable] of variables) {
    const found = tensors.get(name);
    if (found !== undefined && sameShape(found, variable)) assign(variable, found, `${run.placeOf('model')}: ${name}`);
    else fresh.push(found === undefined ? name : `${name} [${variable.shape}] instead of [${found.shape}]`);
  }
  const taken = variables.size - fresh.length;
  if (taken === 0) {
    throw new UserError(
      `--init: ${run.name}: none of its ${tensors.size} weights fit the network; train the same --network`,
    );
  }
  const rest = fresh.length === 0 ? '' : `; fresh: ${some(fresh)}`;
  output.remark(`took ${taken} of ${variables.size} weights from ${run.name}${rest}`);
  return { from: basename(run.name), taken, of: variables.size };
}

function sameShape(a: NamedArray, b: tf.Variable): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
}

function assign(variable: tf.Variable, { data, shape }: NamedArray, what: string): void {
  const values = Float32Array.from(data as ArrayLike<number>);
  if (!values.every(Number.isFinite)) throw new UserError(`${what}: must hold finite numbers`);
  const value = tf.tensor(values, [...shape]);
  variable.assign(value);
  value.dispose();
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
