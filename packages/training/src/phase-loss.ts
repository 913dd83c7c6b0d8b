import { requireObject } from '@medseg/arguments';
import { type OptionNames, requireBackend, requireOptions } from '@medseg/ops';
import { createRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { phaseOf, type Recipe, requireRecipe } from './recipe.ts';
import { requireBatch } from './require-batch.ts';
import { requireDraw } from './require-draw.ts';
import { onStepData } from './step-data.ts';
import { type StepSamples, samplesOf } from './step-samples.ts';
import type { TrainingBatch } from './training-batch.ts';

/** Options of {@link phaseLoss}. */
export interface PhaseLossOptions {
  /** The name of the phase. */
  readonly phase: string;
  /** Images and masks, as in training. */
  readonly batch: TrainingBatch;
  /** Seed of what the phase draws: with the same one the times and the noise are the same at every call. */
  readonly seed: number;
}

/** What {@link phaseLoss} returns. */
export interface PhaseLoss {
  /** The mean over the samples. */
  readonly loss: number;
  /** The loss of each sample, with its time where there is one; absent where the phase tells none. */
  readonly samples?: StepSamples;
}

const optionNames: OptionNames<PhaseLossOptions> = { phase: true, batch: true, seed: true };

/**
 * The loss of a phase on a batch with the weights that the network has now, such as the loss of validation cases: without
 * gradients, in evaluation mode (no dropout, running statistics as they are), and with draws that the seed alone decides.
 * Times are drawn evenly, also where training draws them by their losses. Nothing changes. Throws TypeError or RangeError
 * for what is no recipe, phase or batch.
 *
 * ```ts
 * const { loss } = await trainer.withAveragedWeights(async () => phaseLoss(recipe, { phase: 'denoiser', batch, seed: 1 }));
 * ```
 */
export function phaseLoss(recipe: Recipe, options: PhaseLossOptions): PhaseLoss {
  requireRecipe('phaseLoss', recipe);
  requireOptions('phaseLoss', options, optionNames);
  requireObject('phaseLoss: batch', options.batch, []);
  requireBackend('phaseLoss');
  const { phase, batch, seed } = options;
  const { draw: drawOf } = phaseOf(recipe, phase);
  requireBatch(batch, recipe.network);
  const [count] = batch.imageShape;
  const draw = drawOf?.(count, batch.masks.length / count, createRandom(seed).fork('phase loss'));
  if (draw !== undefined) requireDraw(phase, draw, count);
  const input = { phase, batch, ...(draw && { draw }) };
  return onStepData('phaseLoss', recipe, input, { training: false }, (_, lossOf, told) => {
    const value = tf.tidy(lossOf);
    const loss = value.dataSync<'float32'>()[0]!;
    value.dispose();
    const { losses } = told();
    return { loss, ...(losses && { samples: samplesOf(losses, draw) }) };
  });
}
