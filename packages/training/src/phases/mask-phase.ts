import { type Activation, crossEntropyLoss, diceLoss } from '@medseg/diffusion';
import { type CallContext, kindOf, type OptionNames, requireOneOf, requireOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { RecipePhase } from '../recipe.ts';
import { type PhaseOptions, phaseOptionNames } from './phase-options.ts';

/** Options of {@link maskPhase}. */
export interface MaskPhaseOptions extends PhaseOptions {
  /** Name of the phase. Default 'encoder'. */
  readonly name?: string | undefined;
  /** How logits become probabilities. Default 'sigmoid'. */
  readonly activation?: Activation | undefined;
}

export const maskPhaseOptionNames: OptionNames<MaskPhaseOptions> = {
  ...phaseOptionNames,
  name: true,
  activation: true,
};

/**
 * A phase that learns the mask directly: soft Dice plus cross-entropy of its logits, as nnU-Net's loss (Isensee et al.
 * 2021). For a plain U-Net, and for an encoder with an anchor head before its denoiser. Throws TypeError unless
 * `predict` is a function from images [B, H, W, C] to mask logits [B, H, W, K].
 *
 * @example
 * const network = new UNet({ imageSize: [64, 64] });
 * const phase = maskPhase((images) => network.predict(images), { variables: network.variables() });
 */
export function maskPhase(
  predict: (images: tf.Tensor4D, context: CallContext) => tf.Tensor,
  options: MaskPhaseOptions,
): RecipePhase {
  if (typeof predict !== 'function') {
    throw new TypeError(
      `maskPhase: the first argument must be a function from images to logits, got ${kindOf(predict)}`,
    );
  }
  requireOptions('maskPhase', options, maskPhaseOptionNames);
  const { name = 'encoder', activation = 'sigmoid', ...rest } = options;
  requireOneOf('maskPhase: activation', activation, ['sigmoid', 'softmax']);
  return {
    name,
    ...rest,
    loss: ({ images, masks, pixelWeights, context }) =>
      tf.tidy(() => {
        const logits = predict(images, context);
        const how = { activation, pixelWeights };
        return tf.add<tf.Scalar>(diceLoss(logits, masks, how), crossEntropyLoss(logits, masks, how));
      }),
  };
}
