import { kindOf, requireObject } from '@medseg/arguments';
import { dispose, type TensorTree, variableGradients } from '@medseg/ops';
import { type RandomState, restoreRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { copyTensor } from './copy-tensor.ts';
import { type Draw, phaseOf, type Recipe, requireRecipe, type StepData, stateOf } from './recipe.ts';
import type { CheckedBatch } from './training-batch.ts';

/** All that one step needs beside the weights, on the host. */
export interface StepInput {
  /** The name of the phase that is trained. */
  readonly phase: string;
  /** Images and masks on the host. */
  readonly batch: Omit<CheckedBatch, 'ids'>;
  /** What the phase has drawn. Default nothing. */
  readonly draw?: Draw;
  /** The stream that layers draw from, such as dropout. By default there is none. */
  readonly layers?: RandomState;
  /** What the loss is multiplied by; a share's part of its batch. Default 1. */
  readonly weight?: number;
}

/** Loss and gradients of one step. */
export interface StepGradients {
  /** The loss, times the input's weight. */
  readonly loss: number;
  /** By the names of the phase's variables; the caller's. */
  readonly gradients: Map<string, tf.Tensor>;
  /** The new values of the phase's state, times the input's weight, by name; the caller's. */
  readonly state: Map<string, tf.Tensor>;
}

/** Computes the gradients of a step somewhere: on this thread, or spread over several. */
export interface GradientSource {
  /** Loss and gradients of a step; the gradients are the caller's. */
  gradients(input: StepInput): Promise<StepGradients>;
  /**
   * Called when weights of a phase have changed, with more to come perhaps: a chance to hand them out early. Needed
   * only where several threads compute.
   */
  publish?(phase: string): void;
}

/** Loss and gradients of one step on this thread; no variable has another value afterwards. */
export function stepGradients(recipe: Recipe, input: StepInput): StepGradients {
  requireRecipe('stepGradients', recipe);
  requireObject('stepGradients: input', input, ['phase', 'batch']);
  const { phase: name, batch, draw = {}, layers, weight = 1 } = input;
  const phase = phaseOf(recipe, name);
  const [count, height, width] = batch.maskShape;
  const images = tf.tensor4d(batch.images, [...batch.imageShape]);
  const masks = tf.tensor4d(batch.masks, [...batch.maskShape]);
  const pixelWeights = batch.pixelWeights && tf.tensor4d(batch.pixelWeights, [count, height, width, 1]);
  const made: TensorTree[] = [images, masks, ...(pixelWeights ? [pixelWeights] : [])];
  const state = [...stateOf(phase)].map(([key, variable]) => ({ key, variable, before: copyTensor(variable) }));
  const context = { training: true, ...(layers && { random: restoreRandom(layers) }) };
  const data: StepData = { images, masks, pixelWeights, draw, context };
  try {
    const prepared = (phase.prepare?.(data) ?? null) as TensorTree;
    if ((prepared as unknown) instanceof Promise) {
      throw new TypeError(`stepGradients: prepare of the phase ${name} must return tensors, got Promise`);
    }
    made.push(prepared);
    const loss = (): tf.Scalar => scalar(name, phase.loss(data, prepared));
    const weighted = weight === 1 ? loss : (): tf.Scalar => tf.mul(loss(), weight);
    const { value, grads } = variableGradients(weighted, [...phase.variables.values()]);
    made.push(value);
    return {
      loss: value.dataSync()[0]!,
      gradients: new Map(
        [...phase.variables].map(([key, variable]) => [key, grads[variable.name] ?? tf.zeros(variable.shape)]),
      ),
      state: new Map(state.map(({ key, variable }) => [key, tf.mul(variable, weight)])),
    };
  } finally {
    for (const { variable, before } of state) variable.assign(before);
    made.push(state.map(({ before }) => before));
    dispose(made);
  }
}

/** The loss, refused where it is something else. */
function scalar(phase: string, loss: tf.Scalar): tf.Scalar {
  const shape: unknown = (loss as Partial<tf.Tensor> | undefined)?.shape;
  if (Array.isArray(shape) && shape.length === 0) return loss;
  const got = Array.isArray(shape) ? `a tensor [${shape}]; take its mean` : kindOf(loss);
  throw new TypeError(`stepGradients: loss of the phase ${phase} must return a scalar tensor, got ${got}`);
}

/**
 * The samples `start` to `end` of a step, weighted by their part of it: the shares' losses and gradients add up to the
 * step's. The weight stands in front of the loss and not behind its gradients so that each sample sees the same numbers
 * on the way back as it would in the whole batch.
 */
export function shareOf({ phase, batch, draw, layers }: StepInput, start: number, end: number): StepInput {
  const [count, ...imageRest] = batch.imageShape;
  const [, ...maskRest] = batch.maskShape;
  const rows = <T extends Float32Array | Float64Array | Int32Array>(values: T): T => {
    const size = values.length / count;
    return values.slice(start * size, end * size) as T;
  };
  const drawn =
    draw && Object.entries(draw).map(([name, value]) => [name, typeof value === 'number' ? value : rows(value)]);
  return {
    phase,
    weight: (end - start) / count,
    batch: {
      images: rows(batch.images),
      masks: rows(batch.masks),
      imageShape: [end - start, ...imageRest],
      maskShape: [end - start, ...maskRest],
      ...(batch.pixelWeights && { pixelWeights: rows(batch.pixelWeights) }),
    },
    ...(drawn && { draw: Object.fromEntries(drawn) as Draw }),
    ...(layers && { layers: restoreRandom(layers).fork(`from ${start}`).state() }),
  };
}
