import { decodeSafetensors, encodeSafetensors, FormatError, type NamedArray, requireBytes } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { averageParts, factsOf, type LearnerFacts, requireLearners } from './checkpoint-learners.ts';
import { isIntact, seal, UNSEALED } from './checksum.ts';
import { type PhaseMemory, phaseOf, stateOf } from './recipe.ts';
import { requireTrainer } from './require-trainer.ts';
import { requireWeights } from './require-weights.ts';
import type { Trainer } from './trainer.ts';
import type { TrainerProgress } from './trainer-progress.ts';

const FORMAT = 'medseg-checkpoint-2';
/** Of earlier versions: without a checksum. */
const UNCHECKED_FORMAT = 'medseg-checkpoint-1';
const MEMORY = 'memory/';

/**
 * The whole state of training as one safetensors file: weights, moving averages, moments of the optimiser, best weights
 * so far, and in the metadata the step, which is also the random state since each step's draws depend on it and the
 * seed alone. `extra` is stored beside it, and a checksum of it all.
 */
export function encodeCheckpoint(trainer: Trainer, extra: Readonly<Record<string, string>> = {}): Uint8Array {
  requireTrainer('encodeCheckpoint', trainer);
  const arrays = new Map<string, NamedArray>();
  const updates: Record<string, number> = {};
  const learners: Record<string, LearnerFacts> = {};
  for (const [phase, learner] of trainer.learners) {
    learners[phase] = factsOf(learner);
    for (const [part, tensors] of partsOf(trainer, phase)) {
      for (const [name, tensor] of tensors) {
        arrays.set(`${part}/${phase}.${name}`, {
          shape: tensor.shape,
          data: tensor.dataSync().slice() as Float32Array,
        });
      }
    }
    updates[phase] = learner.optimizer.step;
  }
  for (const [phase, memory] of trainer.memories) {
    const data = memory.save();
    arrays.set(`${MEMORY}${phase}`, { shape: [data.length], data });
  }
  const metadata = {
    ...extra,
    ...UNSEALED,
    format: FORMAT,
    seed: String(trainer.seed),
    progress: JSON.stringify(trainer.progress),
    updates: JSON.stringify(updates),
    learners: JSON.stringify(learners),
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
export function restoreCheckpoint(trainer: Trainer, bytes: Uint8Array, file?: string): void {
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
  // That of earlier versions is not known.
  if (metadata.seed !== undefined && metadata.seed !== String(trainer.seed)) {
    throw new FormatError(
      `the trainer must have the seed of the checkpoint, ${metadata.seed}, it has ${trainer.seed}`,
      file,
    );
  }
  const phases = [...trainer.learners.keys()];
  const { progress, updates } = parseState(metadata, phases, file);
  const plateaus = requireLearners(trainer.learners, metadata.learners, file);
  const memories = readMemories(trainer, tensors, file);
  for (const [phase, learner] of trainer.learners) {
    const parts = [...averageParts(learner), ...Object.entries(learner.optimizer.state)].map(([part]) => part);
    for (const part of ['weights', ...parts, 'best']) {
      const names = [...learner.variables.keys()];
      // There are none before the first validation.
      if (part === 'best' && !names.some((name) => tensors.has(`best/${phase}.${name}`))) continue;
      for (const [name, { shape }] of learner.variables)
        requireWeights(tensors, `${part}/${phase}.${name}`, shape, { what: 'checkpoint', file });
    }
    for (const [name, { shape }] of stateOf(phaseOf(trainer.recipe, phase)))
      requireWeights(tensors, `state/${phase}.${name}`, shape, { what: 'checkpoint', file });
  }
  for (const [phase, learner] of trainer.learners) {
    const read = (part: string, name: string): tf.Tensor | undefined => {
      const array = tensors.get(`${part}/${phase}.${name}`);
      return array && tf.tensor(array.data as Float32Array, [...array.shape]);
    };
    for (const [name, variable] of learner.variables) {
      const weight = read('weights', name)!;
      variable.assign(weight);
      weight.dispose();
      for (const [part, average] of averageParts(learner)) {
        const value = read(part, name)!;
        average.set(name, value);
        value.dispose();
      }
      for (const [part, kept] of Object.entries(learner.optimizer.state)) replace(kept, name, read(part, name));
      replace(learner.best, name, read('best', name));
    }
    for (const [name, variable] of stateOf(phaseOf(trainer.recipe, phase))) {
      const value = read('state', name)!;
      variable.assign(value);
      value.dispose();
    }
    learner.optimizer.step = updates[phase]!;
    for (const average of learner.averages) average.updates = updates[phase]!;
    const plateau = plateaus.get(phase);
    if (learner.plateau && plateau) learner.plateau.state = plateau;
  }
  for (const [memory, values] of memories) memory.load(values);
  Object.assign(trainer.progress, progress);
}

/** What each phase remembers. Throws FormatError where the checkpoint lacks it, or holds what is another phase's. */
function readMemories(
  { memories }: Trainer,
  tensors: ReadonlyMap<string, NamedArray>,
  file: string | undefined,
): [PhaseMemory, Float32Array][] {
  const stray = [...tensors.keys()].find((name) => name.startsWith(MEMORY) && !memories.has(name.slice(MEMORY.length)));
  if (stray !== undefined) {
    throw new FormatError(`holds ${stray}, which this recipe does not remember, such as times: 'loss-aware'`, file);
  }
  return [...memories].map(([phase, memory]) => {
    const shape = [memory.save().length];
    const values = requireWeights(tensors, `${MEMORY}${phase}`, shape, { what: 'checkpoint', file });
    if (memory.accepts(values)) return [memory, values];
    throw new FormatError(`${MEMORY}${phase} must be what the phase remembers, it cannot be`, file);
  });
}

/** The numbers of a checkpoint. Throws FormatError where they cannot be those of a training. */
function parseState(
  metadata: Readonly<Record<string, string>>,
  phases: readonly string[],
  file: string | undefined,
): { progress: TrainerProgress; updates: Record<string, number> } {
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
  if (!phases.includes(progress.phase)) {
    throw new FormatError(
      `a checkpoint of this recipe must be in one of its phases, ${phases.join(', ')}, got ${progress.phase}`,
      file,
    );
  }
  const updates = parse<Record<string, number>>('updates', (value) => phases.every((phase) => isCount(value[phase])));
  const done = phases.reduce((sum, phase) => sum + updates[phase]!, 0);
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
    typeof phase === 'string' &&
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

type Part = [name: string, tensors: ReadonlyMap<string, tf.Tensor>];

function partsOf(trainer: Trainer, phase: string): Part[] {
  const learner = trainer.learners.get(phase)!;
  return [
    ['weights', learner.variables],
    ['state', stateOf(phaseOf(trainer.recipe, phase))],
    ...averageParts(learner).map(([part, average]): Part => [part, average.values()]),
    ...Object.entries(learner.optimizer.state),
    ['best', learner.best],
  ];
}

function replace(map: Map<string, tf.Tensor>, name: string, tensor: tf.Tensor | undefined): void {
  map.get(name)?.dispose();
  if (tensor === undefined) map.delete(name);
  else map.set(name, tf.keep(tensor));
}
