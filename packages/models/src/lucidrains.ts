import type { Network, NetworkPrediction } from '@medseg/diffusion';
import { Affinity, DynamicFFParser, FFParser, modelVariables, ScaleShiftBlock } from '@medseg/layers';
import { requireOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkDenoise } from './check-denoise.ts';
import { checkImages } from './check-images.ts';
import type { ImageCondition } from './image-condition.ts';
import { checkLucidrainsConfig, type LucidrainsConfig, lucidrainsDefaults } from './lucidrains-config.ts';
import { requireConfig } from './require-config.ts';
import { buildTwinUnet, type Conditioner, copyWeights } from './twin-unet.ts';

const names = {
  stem: 'init_conv',
  imageStem: 'cond_init_conv',
  encoder: 'downs',
  imageEncoder: 'cond_downs',
  middle: 'mid_block1',
  imageMiddle: 'cond_mid_block1',
  transformer: 'mid_transformer',
  fuser: 'mid_block2',
  decoder: 'ups',
};

/** What may stand in the place of the reference's parts. */
export interface LucidrainsParts {
  /** Makes the conditioner of a level (0 is the finest) with so many channels. Default: FF-Parser and attentive fusion. */
  conditioner?: (level: number, channels: number) => Conditioner;
}

/**
 * The network of lucidrains' med-seg-diff-pytorch 0.3.3 (after MedSegDiff: Wu et al. 2022, arXiv 2211.00611), with its
 * self-conditioning, its dynamic FF-Parser map and its skips of condition features. The layers have the reference's
 * names. `conditioner` puts another network in the place of FF-Parser and attentive fusion at each level.
 *
 * ```ts
 * const network = new Lucidrains({ imageSize: 32, channels: 16, multipliers: [1, 2], linearAttention: [true, false] });
 * const noise = network.denoise(x, t, network.encode(images)); // x_0 or v where predictionType says so
 * ```
 */
export class Lucidrains implements Network<ImageCondition> {
  /** The configuration with all defaults filled in. */
  readonly config: LucidrainsConfig;
  readonly predictionType: NetworkPrediction;
  readonly maskRange: readonly [-1, 1] = [-1, 1];
  readonly imageSize: readonly number[];
  readonly imageChannels: number;
  readonly maskChannels: number;
  readonly learnedVariance = false;
  readonly selfConditioned: boolean;
  /** The layers; its inputs are x_t, t [B, 1], the images and, with self-conditioning, the previous prediction. */
  readonly model: LayersModel;

  /** Throws RangeError where the configuration cannot be built. */
  constructor(config: Partial<LucidrainsConfig> = {}, parts: LucidrainsParts = {}) {
    requireOptions('Lucidrains', parts, { conditioner: true });
    const { conditioner } = parts;
    requireConfig('Lucidrains', config, lucidrainsDefaults);
    this.config = { ...lucidrainsDefaults, ...config };
    checkLucidrainsConfig(this.config);
    const { imageSize, channels, maskChannels, multipliers, selfCondition } = this.config;
    ({
      predictionType: this.predictionType,
      imageChannels: this.imageChannels,
      maskChannels: this.maskChannels,
    } = this.config);
    this.imageSize = [imageSize, imageSize];
    this.selfConditioned = selfCondition;
    this.model = buildTwinUnet({
      ...this.config,
      previousChannels: selfCondition ? maskChannels : 0,
      outputChannels: maskChannels,
      channels: [channels, ...multipliers.map((multiplier) => channels * multiplier)],
      time: { name: 'time_mlp', frequencies: channels, channels: 4 * channels, activation: 'gelu' },
      conditioner: conditioner ?? ((level, count) => fusion(level, count, this.config)),
      names,
    });
    copyWeights(this.model, names.encoder, names.imageEncoder);
    copyWeights(this.model, names.middle, names.imageMiddle);
  }

  /** Takes images [B, H, W, imageChannels] as the condition, which the caller disposes: nothing of them is computed yet. */
  encode(images: tf.Tensor): ImageCondition {
    checkImages('Lucidrains.encode', this, images);
    return { images: tf.clone(images) };
  }

  /**
   * Prediction [B, H, W, maskChannels] from x_t, t [B], the images and, with self-conditioning, the previous prediction
   * of the mask (zeros where there is none); without self-conditioning that is ignored.
   */
  denoise(x: tf.Tensor, t: tf.Tensor, condition: ImageCondition, previous?: tf.Tensor): tf.Tensor4D {
    checkDenoise('Lucidrains.denoise', this, { x, t, condition }, ['images']);
    const { images } = condition;
    return tf.tidy(() => {
      const time = tf.reshape(tf.cast(t, 'float32'), [-1, 1]);
      const inputs = [x, time, images];
      if (this.config.selfCondition) inputs.push(previous ?? tf.zerosLike(x));
      return this.model.apply(inputs) as tf.Tensor4D;
    });
  }

  /** The variables by name, in the order of the layers. */
  variables(): Map<string, tf.Variable> {
    return modelVariables(this.model);
  }

  dispose(): void {
    this.model.dispose();
  }
}

function fusion(level: number, channels: number, config: LucidrainsConfig): Conditioner {
  const name = `conditioners.${level}`;
  const { dynamicMap, patchSize, mapHeadChannels: headChannels, seed } = config;
  return (x, condition) => {
    const parsed = dynamicMap
      ? new DynamicFFParser({ name: `${name}.ff_parser`, patchSize, heads: 4, headChannels, depth: 4, seed }).on(
          x,
          condition,
        )
      : new FFParser({ name: `${name}.ff_parser`, seed }).on(x);
    const fused = new Affinity({ name: `${name}.affinity`, seed }).on(parsed, condition);
    return new ScaleShiftBlock({ name: `${name}.block`, channels, groups: 8, seed }).on(fused);
  };
}
