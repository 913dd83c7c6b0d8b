import { Affinity, FFParser, ScaleShiftBlock } from '@medseg/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkImages } from './check-images.ts';
import { modelVariables } from './model-variables.ts';
import { checkSeedConfig, type SeedConfig, seedDefaults } from './seed-config.ts';
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
 * const network = new Seed({ imageSize: 32, channels: 16, linearAttention: [true, false], seed: 1 });
 * const noise = network.denoise(x, t, images);
 * ```
 */
export class Seed {
  readonly config: SeedConfig;
  readonly model: LayersModel;

  /** Throws RangeError where the configuration cannot be built. */
  constructor(config: Partial<SeedConfig> = {}) {
    this.config = { ...seedDefaults, ...config };
    checkSeedConfig(this.config);
    const { channels, linearAttention, timeChannels, timeCode } = this.config;
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

  /** Prediction (of the noise, as the reference trains it) [B, H, W, outputChannels] from x_t, t [B] and images. */
  denoise(x: tf.Tensor4D, t: tf.Tensor1D, images: tf.Tensor4D): tf.Tensor4D {
    const { imageSize, imageChannels } = this.config;
    checkImages('Seed.denoise', { imageSize: [imageSize, imageSize], imageChannels }, images);
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

function fusion(level: number, channels: number, { affinityWeighs, seed }: SeedConfig): Conditioner {
  const name = `dynamic_fusion_layers.${level}`;
  return (x, condition) => {
    const parsed = new FFParser({ name: `${name}.ff_parser`, seed }).on(x);
    const fused = new Affinity({ name: `${name}.attention`, weighs: affinityWeighs, seed }).on(parsed, condition);
    return new ScaleShiftBlock({ name: `${name}.block`, channels, groups: 8, seed }).on(fused);
  };
}
