import type { Network } from '@medseg/diffusion';
import { modelVariables } from '@medseg/layers';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, model } from '@tensorflow/tfjs-layers';
import { HEAD_PADDINGS, type HeadPadding } from './anchored-diffusion-config.ts';
import { checkCondition } from './check-denoise.ts';
import { checkImages } from './check-images.ts';
import { buildConditionEncoder } from './condition-encoder.ts';
import { refuser } from './refuser.ts';
import { requireConfig } from './require-config.ts';

/** Shape of a {@link UNet}. */
export interface UNetConfig {
  /** Height and width that the network is built for; multiples of 2^(levels - 1). Default [64, 64]. */
  imageSize: readonly number[];
  /** Channels of an image: 1 for grey, 3 for colour. Default 3. */
  imageChannels: number;
  /** Channels of the mask: 1 for a binary mask, one for each class otherwise. Default 1. */
  maskChannels: number;
  /**
   * Channels at each level, finest first; multiples of `groups`, the coarsest one of `heads`. Default [16, 32, 64,
   * 96].
   */
  channels: readonly number[];
  /** Residual blocks of a level on the way down; there is one on the way up. Default 2. */
  blocks: number;
  /** Heads of the attention at the coarsest level. Default 4. */
  heads: number;
  /** Groups of every GroupNorm. Default 8. */
  groups: number;
  /** Padding of the convolution that gives the logits; see {@link AnchoredDiffusionConfig.headPadding}. Default 'zeros'. */
  headPadding: HeadPadding;
  /** Seed of the initial weights. Default 0. */
  seed: number;
}

/** The configuration of `new UNet()`. */
export const unetDefaults: UNetConfig = {
  imageSize: [64, 64],
  imageChannels: 3,
  maskChannels: 1,
  channels: [16, 32, 64, 96],
  blocks: 2,
  heads: 4,
  groups: 8,
  headPadding: 'zeros',
  seed: 0,
};

/** The mask logits, [B, H, W, maskChannels], which are all that there is. */
export type UNetCondition = {
  /** The mask logits, [B, H, W, maskChannels]. */
  readonly anchor: tf.Tensor4D;
};

/**
 * A plain U-Net (Ronneberger et al. 2015, with residual blocks): the condition encoder and anchor head of
 * `AnchoredDiffusion` alone, under the same names: trained with the whole budget of a diffusion run, it is the baseline
 * of equal budget. As a {@link Network} it predicts the same mask whatever the noise, so that `segment` takes it too, with one step and member.
 *
 * ```ts
 * const network = new UNet({ imageSize: [64, 64], imageChannels: 3, seed: 1 });
 * const probabilities = tf.sigmoid(network.predict(images));
 * ```
 */
export class UNet implements Network<UNetCondition> {
  /** The configuration with all defaults filled in. */
  readonly config: UNetConfig;
  readonly predictionType = 'logits';
  readonly maskRange: readonly [-1, 1] = [-1, 1];
  readonly imageSize: readonly number[];
  readonly imageChannels: number;
  readonly maskChannels: number;
  readonly learnedVariance = false;
  readonly selfConditioned = false;
  /** The layers; its output is the mask logits. */
  readonly network: LayersModel;

  /** Throws RangeError where the configuration cannot be built. */
  constructor(config: Partial<UNetConfig> = {}) {
    requireConfig('UNet', config, unetDefaults);
    this.config = { ...unetDefaults, ...config };
    checkUNetConfig(this.config);
    ({ imageSize: this.imageSize, imageChannels: this.imageChannels, maskChannels: this.maskChannels } = this.config);
    const { channels, blocks, ...rest } = this.config;
    const encoder = buildConditionEncoder({ ...rest, encoderChannels: channels, encoderBlocks: blocks });
    this.network = model({ inputs: encoder.inputs, outputs: encoder.outputs[0]!, name: 'unet' });
  }

  /** Mask logits [B, H, W, maskChannels] of images [B, H, W, imageChannels]. */
  predict(images: tf.Tensor): tf.Tensor4D {
    checkImages('UNet.predict', this, images);
    return tf.tidy(() => this.network.apply(images) as tf.Tensor4D);
  }

  /** {@link predict} as a condition: the mask logits are the anchor. */
  encode(images: tf.Tensor): UNetCondition {
    return { anchor: this.predict(images) };
  }

  /** The anchor's mask logits again, whatever x and t are. */
  denoise(_x: tf.Tensor, _t: tf.Tensor, condition: UNetCondition): tf.Tensor4D {
    checkCondition('UNet.denoise', condition, ['anchor']);
    return tf.clone(condition.anchor);
  }

  /** The variables by name, in the order of the layers. */
  variables(): Map<string, tf.Variable> {
    return modelVariables(this.network);
  }

  dispose(): void {
    this.network.dispose();
  }
}

function checkUNetConfig(config: UNetConfig): void {
  const refuse = refuser('UNet', config);
  const { channels, groups, heads, imageSize } = config;
  if (!HEAD_PADDINGS.includes(config.headPadding)) refuse('headPadding', `one of ${HEAD_PADDINGS.join(', ')}`);
  for (const field of ['imageChannels', 'maskChannels', 'blocks', 'heads', 'groups'] as const) {
    if (!Number.isInteger(config[field]) || config[field] < 1) refuse(field, 'a positive integer');
  }
  if (channels.length < 1 || !channels.every((n) => Number.isInteger(n) && n >= 1 && n % groups === 0)) {
    refuse('channels', `one positive multiple of groups (${groups}) a level`);
  }
  if (channels.at(-1)! % heads !== 0) {
    refuse('channels', `a multiple of heads (${heads}) at the coarsest level`);
  }
  const multiple = 2 ** (channels.length - 1);
  if (!imageSize.every((side) => Number.isInteger(side) && side >= multiple && side % multiple === 0)) {
    refuse('imageSize', `a multiple of ${multiple} for ${channels.length} levels`, imageSize.join('x'));
  }
}
