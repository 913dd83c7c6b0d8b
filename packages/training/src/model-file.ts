import type { Network } from '@medseg/diffusion';
import { kindOf } from '@medseg/ops';
import { decodeSafetensors, encodeSafetensors, FormatError, type NamedArray, requireBytes } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { requireTrainer } from './require-trainer.ts';
import { requireWeights } from './require-weights.ts';
import type { Trainer } from './trainer.ts';

const FORMAT = 'medseg-model-1';

/**
 * The weights to segment with, as safetensors, under the network's own names: the best averaged weights of each phase so
 * far, the later phase's where several train the same; what no phase trains as it is.
 */
export function encodeModel(trainer: Trainer, extra: Readonly<Record<string, string>> = {}): Uint8Array {
  if ((trainer as unknown) instanceof Object && 'encode' in trainer) {
    throw new TypeError(
      `encodeModel: the first argument must be a Trainer, got ${kindOf(trainer)}; encodeVariables(network.variables()) takes a network`,
    );
  }
  requireTrainer('encodeModel', trainer);
  const { recipe, learners, progress } = trainer;
  const names = recipe.phases.map(({ name }) => name);
  const begun = names.slice(0, names.indexOf(progress.phase) + 1);
  const best = new Map<tf.Variable, tf.Tensor>();
  for (const name of begun) {
    const { variables, average, best: own } = learners.get(name)!;
    for (const [key, variable] of variables) best.set(variable, own.get(key) ?? average.values().get(key)!);
  }
  const arrays = new Map<string, NamedArray>();
  for (const [name, variable] of recipe.network.variables()) {
    const tensor = best.get(variable) ?? variable;
    arrays.set(name, { shape: tensor.shape, data: tensor.dataSync<'float32'>().slice() });
  }
  return encodeSafetensors(arrays, {
    ...extra,
    format: FORMAT,
    step: String(progress.step),
    phase: progress.phase,
  });
}

/** Loads such weights into a network. Throws FormatError, before anything is changed, where they do not fit it. */
export function loadModel(network: Pick<Network, 'variables'>, bytes: Uint8Array, file?: string): void {
  if (typeof network?.variables !== 'function') {
    throw new TypeError(`loadModel: the first argument must be a network with variables(), got ${kindOf(network)}`);
  }
  requireBytes('loadModel', bytes);
  loadVariables(network.variables(), bytes, file);
}

/** The weights of any network, by name, in the same form. */
export function encodeVariables(
  variables: ReadonlyMap<string, tf.Variable>,
  extra: Readonly<Record<string, string>> = {},
): Uint8Array {
  requireVariables('encodeVariables', variables);
  const arrays = new Map<string, NamedArray>();
  for (const [name, variable] of variables) {
    arrays.set(name, { shape: variable.shape, data: variable.dataSync<'float32'>().slice() });
  }
  return encodeSafetensors(arrays, { ...extra, format: FORMAT });
}

function requireVariables(who: string, variables: unknown): void {
  if (variables instanceof Map) return;
  throw new TypeError(
    `${who}: variables must be a map of names, such as network.variables(), got ${kindOf(variables)}`,
  );
}

/** Loads what {@link encodeVariables} wrote. Throws FormatError, before anything is changed, where it does not fit. */
export function loadVariables(variables: ReadonlyMap<string, tf.Variable>, bytes: Uint8Array, file?: string): void {
  requireVariables('loadVariables', variables);
  requireBytes('loadVariables', bytes);
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  if (metadata.format !== FORMAT) {
    throw new FormatError(`not a model of this program: its format must be ${FORMAT}, got ${metadata.format}`, file);
  }
  const weights = [...variables].map(([name, variable]) =>
    requireWeights(tensors, name, variable.shape, { what: 'model', file }),
  );
  [...variables.values()].forEach((variable, i) => {
    tf.tidy(() => variable.assign(tf.tensor(weights[i]!, variable.shape)));
  });
}
