import type { Network } from '@medseg/diffusion';
import { type CallContext, kindOf, type OptionNames, requireOptions, type TensorTree } from '@medseg/ops';
import type { Random } from '@medseg/random';
import type * as tf from '@tensorflow/tfjs-core';
import type { PhaseLearnerOptions } from './phase-learner.ts';

/** Variables by name. */
export type NamedVariables = ReadonlyMap<string, tf.Variable>;

/**
 * Everything random of one step, drawn on the host. An array has one entry, or one row, per sample, and a share of a batch
 * takes its rows; a number is of the whole step.
 */
export type Draw = Readonly<Record<string, Float32Array | Float64Array | Int32Array | number>>;

/** What a phase computes a loss from: the batch as tensors, what was drawn, and what layers are told. */
export interface StepData {
  /** [B, H, W, C] */
  readonly images: tf.Tensor4D;
  /** [B, H, W, K] in [0, 1]. */
  readonly masks: tf.Tensor4D;
  /** How much each pixel counts, [B, H, W, 1]; all alike unless given. */
  readonly pixelWeights?: tf.Tensor4D | undefined;
  /** What the phase has drawn; empty where it draws nothing. */
  readonly draw: Draw;
  /** What layers are called with: training, and the stream that dropout draws from. */
  readonly context: CallContext;
  /**
   * Tells the loss of each sample, [B], where a phase has them: events carry them, and the phase's memory gets them. No
   * gradient goes through them; the tensor is no longer the caller's.
   */
  noteLosses(losses: tf.Tensor1D): void;
}

/**
 * What a phase remembers from step to step beside its variables, such as the losses of earlier steps by time. It is on the
 * thread of the trainer alone, whatever computes the gradients.
 */
export interface PhaseMemory {
  /** Called after each step with what was drawn and, where the phase told them, the loss of each sample. */
  note(draw: Draw, losses: Float32Array): void;
  /** All of it as numbers, as many at every time, for a checkpoint. */
  save(): Float32Array;
  /** Whether such numbers can have been saved here. */
  accepts(values: Float32Array): boolean;
  /** Takes back what was saved. */
  load(values: Float32Array): void;
}

/**
 * One phase of a training: which variables learn, from which loss, for how long. `prepare` and `loss` are called in this
 * order at each step; both may be called for a share of the batch, on another thread.
 */
export interface RecipePhase<P extends TensorTree = TensorTree> {
  /** Its name in events, metrics and checkpoints. */
  readonly name: string;
  /** Its part of the budget, in proportion to those of the other phases; one of 0 is left out. Default 1. */
  readonly share?: number | undefined;
  /** What it trains, by name. One that the loss does not reach keeps its value, but for weight decay. */
  readonly variables: NamedVariables;
  /**
   * What its forward pass changes without a gradient, such as the running statistics of batch normalisation: saved with
   * the weights. Over replicas the new values are the mean of those of the shares, weighted by their samples.
   */
  readonly state?: NamedVariables | undefined;
  /** The learning rate at a share of the phase, 0 to 1. Default {@link learningRate} with a peak of 2e-3. */
  readonly learningRate?: ((progress: number) => number) | undefined;
  /** Optimiser, clipping and moving average. Default: those of {@link PhaseLearner}. */
  readonly learner?: PhaseLearnerOptions | undefined;
  /** Makes what the phase remembers from step to step; a trainer calls it once. By default it remembers nothing. */
  memory?(): PhaseMemory;
  /**
   * Draws what is random in a step of `count` samples whose masks have `size` values each. By default nothing. `memory`:
   * what the phase's own `memory` made; absent outside a training.
   */
  draw?(count: number, size: number, random: Random, memory?: PhaseMemory): Draw;
  /** Computes what no gradient goes through: a frozen encoder, an earlier prediction. Its tensors are disposed after the step. Default nothing. */
  prepare?(data: StepData): P;
  /** The loss, a mean over samples. `prepared`: what `prepare` returned. */
  loss(data: StepData, prepared: P): tf.Scalar;
}

/** A network, and the phases in which it is trained. */
export interface Recipe {
  /** What is trained: its sizes, and every variable that a file of its weights holds. */
  readonly network: Pick<Network, 'imageSize' | 'maskChannels' | 'variables'> & Partial<Pick<Network, 'imageChannels'>>;
  /** At least one, in their order. */
  readonly phases: readonly RecipePhase[];
}

const phaseNames: OptionNames<RecipePhase> = {
  name: true,
  share: true,
  variables: true,
  state: true,
  learningRate: true,
  learner: true,
  memory: true,
  draw: true,
  prepare: true,
  loss: true,
};

/** Throws TypeError or RangeError for what is no recipe, or one that cannot be trained. */
export function requireRecipe(who: string, recipe: Recipe): void {
  const { network, phases } = (recipe ?? {}) as Partial<Recipe>;
  if (typeof network?.variables !== 'function' || !Array.isArray(phases)) {
    throw new TypeError(
      `${who}: a recipe must be { network, phases }, such as anchoredRecipe(network, { schedule }), got ${kindOf(recipe)}`,
    );
  }
  if (phases.length === 0) throw new RangeError(`${who}: a recipe must have at least one phase, got none`);
  const names = new Set<string>();
  let total = 0;
  for (const phase of phases as readonly RecipePhase[]) {
    requireOptions(`${who}: a phase`, phase, phaseNames);
    const { name, share = 1, variables, loss, learningRate } = phase;
    if (typeof name !== 'string' || !/^[\w-]+$/.test(name)) {
      throw new TypeError(`${who}: name of a phase must be letters, digits, _ and -, got ${JSON.stringify(name)}`);
    }
    if (names.has(name)) throw new RangeError(`${who}: the names of phases must differ, got ${name} twice`);
    names.add(name);
    if (!(share >= 0 && Number.isFinite(share))) {
      throw new RangeError(`${who}: share of the phase ${name} must be a number of at least 0, got ${share}`);
    }
    total += share;
    if (!(variables instanceof Map) || variables.size === 0) {
      throw new TypeError(
        `${who}: variables of the phase ${name} must be a map of at least one variable by name, got ${kindOf(variables)}`,
      );
    }
    if (learningRate !== undefined && typeof learningRate !== 'function') {
      throw new TypeError(
        `${who}: learningRate of the phase ${name} must be a function of its progress, got ${kindOf(learningRate)}`,
      );
    }
    if (typeof loss !== 'function') {
      throw new TypeError(`${who}: loss of the phase ${name} must be a function, got ${kindOf(loss)}`);
    }
    for (const part of ['memory', 'draw', 'prepare'] as const) {
      if (phase[part] === undefined || typeof phase[part] === 'function') continue;
      throw new TypeError(`${who}: ${part} of the phase ${name} must be a function, got ${kindOf(phase[part])}`);
    }
  }
  if (total === 0) throw new RangeError(`${who}: the shares of the phases must be above 0 together, got 0`);
}

/** What a phase changes: what it trains, and its state, which has none of the trained. */
export function stateOf({ variables, state }: Pick<RecipePhase, 'variables' | 'state'>): Map<string, tf.Variable> {
  return new Map([...(state ?? [])].filter(([name]) => !variables.has(name)));
}

/** The phase of a name. Throws RangeError where there is none. */
export function phaseOf(recipe: Recipe, name: string): RecipePhase {
  const phase = recipe.phases.find((other) => other.name === name);
  if (phase !== undefined) return phase;
  const known = recipe.phases.map((other) => other.name).join(', ');
  throw new RangeError(`the recipe has the phases ${known}, got ${name}`);
}

/** The share of the budget, 0 to 1, at which each phase ends when none ends early. */
export function phaseEnds({ phases }: Recipe): Map<string, number> {
  const total = phases.reduce((sum, { share = 1 }) => sum + share, 0);
  let sum = 0;
  return new Map(
    phases.map(({ name, share = 1 }) => {
      sum += share;
      return [name, sum / total] as const;
    }),
  );
}
