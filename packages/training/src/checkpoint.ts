import { decodeSafetensors, encodeSafetensors, FormatError, type NamedArray, requireBytes } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { isIntact, seal, UNSEALED } from './checksum.ts';
import type { PhaseLearner } from './phase-learner.ts';
import { requireTrainer } from './require-trainer.ts';
import { requireWeights } from './require-weights.ts';
import type { Trainer, TrainerProgress } from './trainer.ts';
import type { Anchored, Phase } from './two-phase-network.ts';

const FORMAT = 'medseg-checkpoint-2';
/** Of earlier versions: without a checksum. */
const UNCHECKED_FORMAT = 'medseg-checkpoint-1';
const PHASES: readonly Phase[] = ['encoder', 'denoiser'];

/**
 * The whole state of training as one safetensors file: weights, moving averages, moments of the optimiser, best weights
 * so far, and in the metadata the step, which is also the random state since each step's draws depend on it and the
 * seed alone. `extra` is stored beside it, and a checksum of it all.
 */
export function encodeCheckpoint<C extends Anchored>(
  trainer: Trainer<C>,
  extra: Readonly<Record<string, string>> = {},
): Uint8Array {
  requireTrainer('encodeCheckpoint', trainer);
  const arrays = new Map<string, NamedArray>();
  const updates: Record<string, number> = {};
  for (const phase of PHASES) {
    const learner = trainer.learners[phase];
    for (const [part, tensors] of partsOf(learner)) {
      for (const [name, tensor] of tensors) {
        arrays.set(`${part}/${phase}.${name}`, {
          shape: tensor.shape,
          data: tensor.dataSync().slice() as Float32Array,
        });
      }
    }
    updates[phase] = learner.optimizer.step;
  }
  const metadata = {
    ...extra,
    ...UNSEALED,
    format: FORMAT,
    progress: JSON.stringify(trainer.progress),
    updates: JSON.stringify(updates),
  };
  const bytes = encodeSafetensors(arrays, metadata);
  seal(bytes);
  return bytes;
}

/**
 * Puts a checkpoint back into a trainer built for the same network; training then goes on as if it had never stopped.
 * Throws FormatError, before anything is changed, where the file is no checkpoint, is not as it was written, or belongs to
 * another network.
 */
export function restoreCheckpoint<C extends Anchored>(trainer: Trainer<C>, bytes: Uint8Array, file?: string): void {
  requireTrainer('restoreCheckpoint', trainer);
  requireBytes('restoreCheckpoint', bytes);
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  if (metadata.format !== FORMAT && metadata.format !== UNCHECKED_FORMAT) {
    throw new FormatError(
      `not a checkpoint of this program: its format must be ${FORMAT}, got ${metadata.format}`,
      file,
    );
  }
  if (metadata.format === FORMAT && !isIntact(bytes, metadata.checksum ?? '')) {
    throw new FormatError('not as it was written: its checksum does not fit its content', file);
  }
  const { progress, updates } = parseState(metadata, file);
  for (const phase of PHASES) {
    const learner = trainer.learners[phase];
    for (const part of ['weights', 'average', 'moment1', 'moment2', 'best'] as const) {
      const names = [...learner.variables.keys()];
      // There are none before the first validation.
      if (part === 'best' && !names.some((name) => tensors.has(`best/${phase}.${name}`))) continue;
      for (const [name, { shape }] of learner.variables)
        requireWeights(tensors, `${part}/${phase}.${name}`, shape, { what: 'checkpoint', file });
    }
  }
  for (const phase of PHASES) {
    const learner = trainer.learners[phase];
    const read = (part: string, name: string): tf.Tensor | undefined => {
      const array = tensors.get(`${part}/${phase}.${name}`);
      return array && tf.tensor(array.data as Float32Array, [...array.shape]);
    };
    for (const [name, variable] of learner.variables) {
      const weight = read('weights', name)!;
      variable.assign(weight);
      const average = read('average', name)!;
      learner.average.set(name, average);
      tf.dispose([weight, average]);
      replace(learner.optimizer.firstMoments, name, read('moment1', name));
      replace(learner.optimizer.secondMoments, name, read('moment2', name));
      replace(learner.best, name, read('best', name));
    }
    learner.optimizer.step = updates[phase];
    learner.average.updates = updates[phase];
  }
  Object.assign(trainer.progress, progress);
}

/** The numbers of a checkpoint. Throws FormatError where they cannot be those of a training. */
function parseState(
  metadata: Readonly<Record<string, string>>,
  file: string | undefined,
): { progress: TrainerProgress; updates: Record<Phase, number> } {
  const parse = <T>(name: string, isRight: (value: T) => boolean): T => {
    let value: T | undefined;
    try {
      value = JSON.parse(metadata[name] ?? '') as T;
    } catch {
      // said below
    }
    if (typeof value === 'object' && value !== null && isRight(value)) return value;
    throw new FormatError(`not a checkpoint of this program: its ${name} cannot be read`, file);
  };
  const progress = parse<TrainerProgress>('progress', isProgress);
  const updates = parse<Record<Phase, number>>('updates', (value) => PHASES.every((phase) => isCount(value[phase])));
  const done = updates.encoder + updates.denoiser;
  if (progress.step !== done) {
    throw new FormatError(
      `not a checkpoint of this program: its progress says ${progress.step} steps, its updates ${done}`,
      file,
    );
  }
  const { step, phase, phaseStart, elapsed, bestScore, stale, validations, finished, budget } = progress;
  const known = { step, phase, phaseStart, elapsed, bestScore, stale, validations, finished };
  return { progress: { ...known, ...(budget && { budget }) }, updates };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether a number is finite and not below another one. */
function isFrom(least: number, value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= least;
}

function isProgress(value: TrainerProgress): boolean {
  const { step, phase, phaseStart, elapsed, bestScore, validations, stale, finished, budget } = value;
  return (
    [step, validations, stale].every(isCount) &&
    PHASES.includes(phase) &&
    isFrom(0, phaseStart) &&
    isFrom(0, elapsed) &&
    isFrom(-1, bestScore) &&
    typeof finished === 'boolean' &&
    (budget === undefined || isBudget(budget))
  );
}

function isBudget(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { steps, minutes } = value as Record<string, unknown>;
  if (minutes === undefined) return isCount(steps) && steps !== 0;
  return steps === undefined && isFrom(Number.MIN_VALUE, minutes);
}

function partsOf(learner: PhaseLearner): [string, ReadonlyMap<string, tf.Tensor>][] {
  return [
    ['weights', learner.variables],
    ['average', learner.average.values()],
    ['moment1', learner.optimizer.firstMoments],
    ['moment2', learner.optimizer.secondMoments],
    ['best', learner.best],
  ];
}

function replace(map: Map<string, tf.Tensor>, name: string, tensor: tf.Tensor | undefined): void {
  map.get(name)?.dispose();
  if (tensor === undefined) map.delete(name);
  else map.set(name, tf.keep(tensor));
}
