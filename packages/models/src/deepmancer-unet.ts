import type { Network, NetworkPrediction } from '@medseg/diffusion';
import { Affinity, FFParser, modelVariables, ScaleShiftBlock } from '@medseg/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkDenoise } from './check-denoise.ts';
import { checkImages } from './check-images.ts';
import {
  checkDeepmancerUNetConfig,
  type DeepmancerUNetConfig,
  deepmancerUNetDefaults,
} from './deepmancer-unet-config.ts';
import type { ImageCondition } from './image-condition.ts';
import { requireConfig } from './require-config.ts';
import { buildTwinUnet, type Conditioner, copyWeights } from './twin-unet.ts';

const names = {
  stem: 'mask_initial_conv',
  imageStem: 'img_initial_conv',
  encoder: 'mask_encoders',
  imageEncoder: 'image_encoders',
  middle: 'bottleneck.conv_mask',
  imageMiddle: 'bottleneck.conv_img',
  transformer: 'bottleneck.transformer_fuser',
  fuser: 'bottleneck.conv_fuser',
  decoder: 'decoders',
};

/**
 * The network of deepmancer/medseg-diffusion (after MedSegDiff: Wu et al. 2022, arXiv 2211.00611): twin encoders for
 * mask and image, an FF-Parser and attentive fusion at each level, a transformer where both meet. The layers have the
 * reference's names; its faults are options (`timeCode`, `affinityWeighs`), off by default.
 *
 * ```ts
 * const network = new DeepmancerUNet({ imageSize: 32, channels: 16, linearAttention: [true, false], seed: 1 });
 * const noise = network.denoise(x, t, network.encode(images));
 * ```
 */
export class DeepmancerUNet implements Network<ImageCondition> {
  /** The configuration with all defaults filled in. */
  readonly config: DeepmancerUNetConfig;
  readonly predictionType: NetworkPrediction;
  readonly maskRange: readonly [-1, 1] = [-1, 1];
  readonly imageSize: readonly number[];
  readonly imageChannels: number;
  readonly maskChannels: number;
  readonly learnedVariance: boolean;
  readonly selfConditioned = false;
  /** The layers; its inputs are x_t, t [B, 1] and the images. */
  readonly model: LayersModel;

  /** Throws RangeError where the configuration cannot be built. */
  constructor(config: Partial<DeepmancerUNetConfig> = {}) {
    requireConfig('DeepmancerUNet', config, deepmancerUNetDefaults);
    this.config = { ...deepmancerUNetDefaults, ...config };
    checkDeepmancerUNetConfig(this.config);
    const { imageSize, channels, linearAttention, timeChannels, timeCode, outputChannels } = this.config;
    ({
      predictionType: this.predictionType,
      imageChannels: this.imageChannels,
      maskChannels: this.maskChannels,
    } = this.config);
    this.imageSize = [imageSize, imageSize];
    this.learnedVariance = outputChannels === 2 * this.maskChannels;
    this.model = buildTwinUnet({
      ...this.config,
      previousChannels: 0,
      channels: [channels, ...linearAttention.map((_, level) => channels * 2 ** level)],
      groups: 8,
      time: { name: 'time_embedding_layer', frequencies: channels, channels: timeChannels, code: timeCode },
      conditioner: (level, count) => fusion(level, count, this.config),
      names,
    });
    copyWeights(this.model, names.encoder, names.imageEncoder);
  }

  /** Takes images [B, H, W, imageChannels] as the condition, which the caller disposes: nothing of them is computed yet. */
  encode(images: tf.Tensor): ImageCondition {
    checkImages('DeepmancerUNet.encode', this, images);
    return { images: tf.clone(images) };
  }

  /** Prediction (by default of the noise) [B, H, W, outputChannels] from x_t, t [B] and the images. */
  denoise(x: tf.Tensor, t: tf.Tensor, condition: ImageCondition): tf.Tensor4D {
    checkDenoise('DeepmancerUNet.denoise', this, { x, t, condition }, ['images']);
    const { images } = condition;
    return tf.tidy(() => {
      const time = tf.reshape(tf.cast(t, 'float32'), [-1, 1]);
      return this.model.apply([x, time, images]) as tf.Tensor4D;
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

function fusion(level: number, channels: number, { affinityWeighs, seed }: DeepmancerUNetConfig): Conditioner {
  const name = `dynamic_fusion_layers.${level}`;
  return (x, condition) => {
    const parsed = new FFParser({ name: `${name}.ff_parser`, seed }).on(x);
    const fused = new Affinity({ name: `${name}.attention`, weighs: affinityWeighs, seed }).on(parsed, condition);
    return new ScaleShiftBlock({ name: `${name}.block`, channels, groups: 8, seed }).on(fused);
  };
}
