import type { Network } from '@medseg/diffusion';
import { type CallContext, kindOf, type OptionNames, requireOptions } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '../recipe.ts';
import { variablesOf } from '../trainable.ts';
import { type MaskPhaseOptions, maskPhase, maskPhaseOptionNames } from './mask-phase.ts';

/** A network that predicts mask logits directly, such as `UNet` of `@medseg/models`. */
export interface MaskNetwork extends Pick<Network, 'imageSize' | 'maskChannels' | 'variables'> {
  /** Mask logits [B, H, W, K] of images [B, H, W, C]. */
  predict(images: tf.Tensor4D, context?: CallContext): tf.Tensor;
}

/** Options of {@link maskRecipe}: those of its one phase, whose variables are the network's. */
export type MaskRecipeOptions = Omit<MaskPhaseOptions, 'variables' | 'state' | 'share'>;

const { variables: _variables, state: _state, share: _share, ...names } = maskPhaseOptionNames;
const optionNames: OptionNames<MaskRecipeOptions> = names;

/**
 * The recipe of a network without diffusion, in one phase of {@link maskPhase}: Dice and cross-entropy of its mask logits.
 * Every trainable variable learns; the others are its state. Throws TypeError for a network without `predict`.
 *
 * @example
 * const recipe = maskRecipe(new UNet({ imageSize: [64, 64] }), { learner: { optimizer: 'sgd', momentum: 0.99 } });
 */
export function maskRecipe(network: MaskNetwork, options: MaskRecipeOptions = {}): Recipe {
  if (typeof network?.predict !== 'function') {
    throw new TypeError(`maskRecipe: the first argument must be a network with predict(), got ${kindOf(network)}`);
  }
  const all = variablesOf('maskRecipe', network);
  requireOptions('maskRecipe', options, optionNames);
  const predict = (images: tf.Tensor4D, context: CallContext): tf.Tensor => network.predict(images, context);
  return { network, phases: [maskPhase(predict, { ...options, ...all })] };
}
