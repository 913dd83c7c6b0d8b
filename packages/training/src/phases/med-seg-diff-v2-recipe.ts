import { type Activation, crossEntropyLoss, diceLoss, type Network } from '@medseg/diffusion';
import { type OptionNames, requireOptions, type TensorTree } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '../recipe.ts';
import { requireCount, requireNumber } from '../require-number.ts';
import { keptSamples } from './condition-dropout.ts';
import { type DiffusionRecipeOptions, diffusionRecipe, diffusionRecipeOptionNames } from './diffusion-recipe.ts';

/** Options of {@link medSegDiffV2Recipe}: those of its one phase, whose variables are the network's. */
export interface MedSegDiffV2RecipeOptions<C extends TensorTree = TensorTree>
  extends Omit<DiffusionRecipeOptions<C>, 'beside'> {
  /** The condition model's loss counts at times that this divides: the paper's alpha. Default 5. */
  readonly conditionEvery?: number | undefined;
  /** What the cross-entropy in it is multiplied by: the paper's beta. Default 10. */
  readonly crossEntropyWeight?: number | undefined;
}

const { beside: _beside, ...names } = diffusionRecipeOptionNames;
const optionNames: OptionNames<MedSegDiffV2RecipeOptions> = {
  ...names,
  conditionEvery: true,
  crossEntropyWeight: true,
};

/**
 * The recipe of MedSegDiff-V2 (Wu et al. 2023, eq. 5): the loss of the noise, and for samples whose time is a multiple of 5
 * soft Dice plus ten times cross-entropy of the condition model's mask, in one phase of all trainable variables. The times
 * are those of the samples, and so the mean is that of the parts of a batch. `activation` says how the mask's logits become
 * probabilities. Samples whose image `conditionDropout` takes away are left out of the condition model's loss. Throws
 * TypeError for a network whose condition has no `anchor`.
 *
 * @example
 * const recipe = medSegDiffV2Recipe(new MedSegDiffV2({ imageSize: [64, 64] }), { schedule: linearSchedule() });
 */
export function medSegDiffV2Recipe<C extends TensorTree>(
  network: Network<C>,
  options: MedSegDiffV2RecipeOptions<C>,
): Recipe {
  requireOptions('medSegDiffV2Recipe', options, optionNames);
  const { conditionEvery = 5, crossEntropyWeight = 10, ...rest } = options;
  requireCount('medSegDiffV2Recipe: conditionEvery', conditionEvery);
  requireNumber('medSegDiffV2Recipe: crossEntropyWeight', crossEntropyWeight, {});
  const activation: Activation = options.activation ?? 'sigmoid';
  return diffusionRecipe(network, {
    ...rest,
    beside: (condition, { masks, pixelWeights, draw }, t) =>
      tf.tidy(() => {
        const kept = keptSamples(draw);
        const weights = Float32Array.from(t, (step, i) => (step % conditionEvery === 0 ? (kept?.[i] ?? 1) : 0));
        const how = { activation, pixelWeights, weights };
        const anchor = anchorOf(condition);
        const entropy = crossEntropyLoss(anchor, masks, how);
        return tf.add<tf.Scalar>(diceLoss(anchor, masks, how), tf.mul(entropy, crossEntropyWeight));
      }),
  });
}

function anchorOf(condition: TensorTree): tf.Tensor {
  const { anchor } = (condition ?? {}) as { anchor?: unknown };
  if (anchor instanceof tf.Tensor) return anchor;
  throw new TypeError(
    `medSegDiffV2Recipe: the network's condition must hold the mask logits of its condition model as anchor, got ${Object.keys(condition ?? {}).join(', ')}`,
  );
}
