import { calibrationLoss, type Network } from '@medseg/diffusion';
import { type CallContext, type OptionNames, requireOptions, type TensorTree } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '../recipe.ts';
import { requireNumber } from '../require-number.ts';
import { keptSamples } from './condition-dropout.ts';
import { type DiffusionRecipeOptions, diffusionRecipe, diffusionRecipeOptionNames } from './diffusion-recipe.ts';

/** A network whose condition branch sees the noisy mask too, as `OfficialV1`: one call gives prediction and mask. */
export interface CalibratedNetwork<C extends TensorTree = TensorTree> extends Network<C> {
  /** The prediction, as `denoise` returns it, and the mask logits of the condition branch, [B, H, W, K]. */
  predict(
    x: tf.Tensor,
    t: tf.Tensor,
    condition: C,
    context?: CallContext,
  ): { readonly prediction: tf.Tensor; readonly anchor: tf.Tensor };
}

/** Options of {@link officialRecipe}: those of its one phase, whose variables are the network's. */
export interface OfficialRecipeOptions<C extends TensorTree = TensorTree>
  extends Omit<DiffusionRecipeOptions<C>, 'beside'> {
  /** What the calibration loss is multiplied by. Default 10. */
  readonly calibrationWeight?: number | undefined;
}

const { beside: _beside, ...names } = diffusionRecipeOptionNames;
const optionNames: OptionNames<OfficialRecipeOptions> = { ...names, calibrationWeight: true };

/**
 * The recipe of the official MedSegDiff's networks, `OfficialV1` and `OfficialNew` (Wu et al. 2022, released code): mean
 * squared error of the noise, the variational bound where the variance is learned, and ten times the squared error of the
 * condition branch's mask, in one phase of all trainable variables. Running statistics are its state. The mask is that of
 * `predict(x, t, condition)` where the network has one, else the `anchor` of its condition. Samples whose image
 * `conditionDropout` takes away are left out of the calibration. Throws TypeError for a network without such a mask.
 *
 * @example
 * const network = new OfficialNew({ imageSize: [64, 64] });
 * const recipe = officialRecipe(network, { schedule: linearSchedule(), learningRate: constantRate({ peak: 1e-4 }) });
 */
export function officialRecipe<C extends TensorTree>(
  network: Network<C> | CalibratedNetwork<C>,
  options: OfficialRecipeOptions<C>,
): Recipe {
  requireOptions('officialRecipe', options, optionNames);
  const { calibrationWeight = 10, ...rest } = options;
  requireNumber('officialRecipe: calibrationWeight', calibrationWeight, {});
  const { seen, anchorOf } = withAnchor(network);
  const recipe = diffusionRecipe<C>(seen, {
    ...rest,
    beside: (condition, { masks, pixelWeights, draw }) =>
      tf.tidy(() =>
        calibrationLoss(tf.sigmoid(anchorOf(condition)), masks, {
          weight: calibrationWeight,
          pixelWeights,
          weights: keptSamples(draw),
        }),
      ),
  });
  return { ...recipe, network };
}

/** The network, and what gives the mask logits of the condition branch once it has denoised. */
function withAnchor<C extends TensorTree>(
  network: Network<C> | CalibratedNetwork<C>,
): { seen: Network<C>; anchorOf(condition: C): tf.Tensor } {
  const refuse = (got: string): never => {
    throw new TypeError(
      `officialRecipe: the network must give the mask logits of its condition branch, by predict(x, t, condition) or as anchor of its condition, got ${got}`,
    );
  };
  if (typeof (network as Partial<CalibratedNetwork<C>>)?.predict !== 'function') {
    const anchorOf = (condition: C): tf.Tensor => {
      const { anchor } = (condition ?? {}) as { anchor?: unknown };
      return anchor instanceof tf.Tensor ? anchor : refuse(Object.keys(condition ?? {}).join(', ') || 'none');
    };
    return { seen: network, anchorOf };
  }
  const { predictionType, maskRange, imageSize, imageChannels, maskChannels, learnedVariance } = network;
  // The mask of the last call, which is that of the loss: inside its tf.tidy it is still there.
  let last: tf.Tensor | undefined;
  const seen: Network<C> = {
    ...{ predictionType, maskRange, imageSize, imageChannels, maskChannels, learnedVariance },
    selfConditioned: false,
    encode: (images, context) => network.encode(images, context),
    denoise: (x, t, condition, _previous, context) => {
      const { prediction, anchor } = (network as CalibratedNetwork<C>).predict(x, t, condition, context);
      last = anchor;
      return prediction;
    },
    variables: () => network.variables(),
    dispose: () => network.dispose(),
  };
  return { seen, anchorOf: () => last ?? refuse('none') };
}
