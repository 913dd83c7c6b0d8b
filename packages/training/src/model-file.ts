import { kindOf } from '@medseg/ops';
import { decodeSafetensors, encodeSafetensors, FormatError, type NamedArray, requireBytes } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import type { PhaseLearner } from './phase-learner.ts';
import { requireTrainer } from './require-trainer.ts';
import { requireWeights } from './require-weights.ts';
import type { Trainer } from './trainer.ts';
import { type Anchored, type Phase, requireTwoPhaseNetwork, type TwoPhaseNetwork } from './two-phase-network.ts';

const FORMAT = 'medseg-model-1';

/** The weights to segment with, as safetensors: the best averaged weights of each phase so far. */
export function encodeModel<C extends Anchored>(
  trainer: Trainer<C>,
  extra: Readonly<Record<string, string>> = {},
): Uint8Array {
  if ((trainer as unknown) instanceof Object && 'encode' in trainer) {
    throw new TypeError(
      `encodeModel: the first argument must be a Trainer, got ${kindOf(trainer)}; encodeVariables(network.variables()) takes a network`,
    );
  }
  requireTrainer('encodeModel', trainer);
  const arrays = new Map<string, NamedArray>();
  const add = (phase: Phase, tensors: ReadonlyMap<string, tf.Tensor>): void => {
    for (const [name, tensor] of tensors) {
      arrays.set(`${phase}.${name}`, { shape: tensor.shape, data: tensor.dataSync().slice() as Float32Array });
    }
  };
  add('encoder', bestOf(trainer.learners.encoder));
  add('denoiser', bestOf(trainer.learners.denoiser));
  return encodeSafetensors(arrays, {
    ...extra,
    format: FORMAT,
    step: String(trainer.progress.step),
    phase: trainer.progress.phase,
  });
}

/** Loads such weights into a network. Throws FormatError, before anything is changed, where they do not fit it. */
export function loadModel<C extends Anchored>(model: TwoPhaseNetwork<C>, bytes: Uint8Array, file?: string): void {
  requireTwoPhaseNetwork('loadModel', model);
  requireBytes('loadModel', bytes);
  const named = (phase: Phase, variables: Map<string, tf.Variable>): [string, tf.Variable][] =>
    [...variables].map(([name, variable]) => [`${phase}.${name}`, variable]);
  const variables = new Map([
    ...named('encoder', model.encoderVariables()),
    ...named('denoiser', model.denoiserVariables()),
  ]);
  loadVariables(variables, bytes, file);
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

function bestOf(learner: PhaseLearner): ReadonlyMap<string, tf.Tensor> {
  return learner.best.size > 0 ? learner.best : learner.average.values();
}
