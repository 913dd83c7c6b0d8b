import type { Network } from '@medseg/diffusion';
import { modelVariables } from '@medseg/layers';
import { tidy } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import {
  type AnchoredDiffusionConfig,
  anchoredDiffusionDefaults,
  checkAnchoredDiffusionConfig,
} from './anchored-diffusion-config.ts';
import { checkDenoise } from './check-denoise.ts';
import { checkImages } from './check-images.ts';
import { buildConditionEncoder } from './condition-encoder.ts';
import { buildDenoiser } from './denoiser.ts';
import { phaseVariables } from './phase-variables.ts';
import { requireConfig } from './require-config.ts';

/** What the denoiser knows of the images; computed once and used by every step and every member. */
export type AnchoredCondition = {
  /** Mask logits of the condition encoder alone, [B, H, W, maskChannels]. */
  readonly anchor: tf.Tensor4D;
  /** Features of the encoder, finest first: [B, H / 2^l, W / 2^l, encoderChannels[l]]. */
  readonly features: readonly tf.Tensor4D[];
};

/**
 * Conditional diffusion network whose image encoder sees neither the time nor the noisy mask. The encoder's anchor head
 * gives a mask by itself; the denoiser, fed with x_t and the anchor, corrects the anchor's logits with an FF-Parser and
 * attentive fusion at each level (after MedSegDiff: Wu et al. 2022, arXiv 2211.00611, and 2023, arXiv 2301.11798; where
 * it departs from them is in this package's README).
 *
 * ```ts
 * const network = new AnchoredDiffusion({ imageSize: [64, 64], imageChannels: 3, seed: 1 });
 * const condition = network.encode(images);
 * const logits = network.denoise(x, t, condition); // x0 = tanh(logits / 2)
 * ```
 */
export class AnchoredDiffusion implements Network<AnchoredCondition> {
  /** The configuration with all defaults filled in. */
  readonly config: AnchoredDiffusionConfig;
  readonly predictionType = 'logits';
  readonly maskRange: readonly [-1, 1] = [-1, 1];
  readonly imageSize: readonly number[];
  readonly imageChannels: number;
  readonly maskChannels: number;
  readonly learnedVariance = false;
  readonly selfConditioned = false;
  /** The condition encoder with its anchor head. */
  readonly encoder: LayersModel;
  /** The denoiser, which corrects the anchor's logits. */
  readonly denoiser: LayersModel;

  /** Throws RangeError where the configuration cannot be built. */
  constructor(config: Partial<AnchoredDiffusionConfig> = {}) {
    requireConfig('AnchoredDiffusion', config, anchoredDiffusionDefaults);
    this.config = { ...anchoredDiffusionDefaults, ...config };
    checkAnchoredDiffusionConfig(this.config);
    ({ imageSize: this.imageSize, imageChannels: this.imageChannels, maskChannels: this.maskChannels } = this.config);
    this.encoder = buildConditionEncoder(this.config);
    this.denoiser = buildDenoiser(this.config);
  }

  /** Encodes images [B, H, W, imageChannels]; the caller disposes the condition's tensors. */
  encode(images: tf.Tensor): AnchoredCondition {
    checkImages('AnchoredDiffusion.encode', this, images);
    return tidy(() => {
      const [anchor, ...features] = this.encoder.apply(images) as tf.Tensor4D[];
      return { anchor: anchor!, features };
    });
  }

  /** Mask logits of x_0 from x_t [B, H, W, maskChannels] and t [B]; the mask in [-1, 1] is tanh(logits / 2). */
  denoise(x: tf.Tensor, t: tf.Tensor, condition: AnchoredCondition): tf.Tensor4D {
    checkDenoise('AnchoredDiffusion.denoise', this, { x, t, condition }, ['anchor', 'features']);
    return tf.tidy(() => {
      const { anchor } = condition;
      const mask = tf.tanh(this.config.anchorInput === 'mask' ? tf.mul(anchor, 0.5) : anchor);
      const time = tf.reshape(tf.cast(t, 'float32'), [-1, 1]);
      const correction = this.denoiser.apply([x, time, mask, ...condition.features]) as tf.Tensor4D;
      return tf.add(anchor, correction);
    });
  }

  /** Every variable by name, as in a file of weights: `encoder.` or `denoiser.` before the layer's name. */
  variables(): Map<string, tf.Variable> {
    return phaseVariables(this);
  }

  /** The encoder's variables by name, in the order of its layers. */
  encoderVariables(): Map<string, tf.Variable> {
    return modelVariables(this.encoder);
  }

  /** The denoiser's variables by name, in the order of its layers. */
  denoiserVariables(): Map<string, tf.Variable> {
    return modelVariables(this.denoiser);
  }

  dispose(): void {
    this.encoder.dispose();
    this.denoiser.dispose();
  }
}
