import { requireObject } from '@medseg/arguments';
import { variableGradients } from '@medseg/ops';
import { restoreRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { type Draw, type Recipe, requireRecipe, stateOf } from './recipe.ts';
import { onStepData } from './step-data.ts';
import type { StepInput } from './step-input.ts';

/** Loss and gradients of one step. */
export interface StepGradients {
  /** The loss, times the input's weight. */
  readonly loss: number;
  /** By the names of the phase's variables; the caller's. */
  readonly gradients: Map<string, tf.Tensor>;
  /** The new values of the phase's state, times the input's weight, by name; the caller's. */
  readonly state: Map<string, tf.Tensor>;
  /** The loss of each sample, whatever the weight; absent where the phase does not tell them. */
  readonly losses?: Float32Array;
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
  const { layers, weight = 1 } = input;
  const context = { training: true, ...(layers && { random: restoreRandom(layers) }) };
  return onStepData('stepGradients', recipe, input, context, (phase, lossOf, losses) => {
    const weighted = weight === 1 ? lossOf : (): tf.Scalar => tf.mul(lossOf(), weight);
    const { value, grads } = variableGradients(weighted, [...phase.variables.values()]);
    const loss = value.dataSync()[0]!;
    value.dispose();
    return {
      loss,
      gradients: new Map(
        [...phase.variables].map(([key, variable]) => [key, grads[variable.name] ?? tf.zeros(variable.shape)]),
      ),
      state: new Map([...stateOf(phase)].map(([key, variable]) => [key, tf.mul(variable, weight)])),
      ...losses(),
    };
  });
}

/**
 * The samples `start` to `end` of a step, weighted by their part of it: the shares' losses and gradients add up to the
 * step's. The weight stands in front of the loss and not behind its gradients so that each sample sees the same numbers
 * on the way back as it would in the whole batch.
 */
export function shareOf({ phase, batch, draw, layers, weight = 1 }: StepInput, start: number, end: number): StepInput {
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
    weight: (weight * (end - start)) / count,
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
