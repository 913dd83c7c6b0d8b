import { type CallContext, UpsampleLinear } from '@medseg/layers';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { checkImages } from './check-images.ts';
import { guidedDown, guidedMiddle, guidedTime, guidedUp } from './guided-unet.ts';
import { buildHighway } from './highway.ts';
import { modelVariables } from './model-variables.ts';
import { checkOfficialConfig, type OfficialConfig, officialConfig } from './official-config.ts';
import { stopGradient } from './stop-gradient.ts';

/** What the denoiser knows of the images; computed once and used by every step and every member. */
export interface OfficialNewCondition {
  readonly images: tf.Tensor4D;
  /** The highway's mask logits, [B, H, W, maskChannels]; their sigmoid is upstream's calibration mask. */
  readonly anchor: tf.Tensor4D;
  /** The highway's two finest decoder levels at full size, the finest twice: [B, H, W, channels]. */
  readonly features: tf.Tensor4D;
}

/**
 * The "new" network of SuperMedIntel/MedSegDiff (`UNetModel_newpreview`): guided-diffusion's U-Net over image and noisy
 * mask, after whose first convolution the decoder features of a U-Net over the image alone are added, with no gradient
 * through them. Predicts noise and variance. Evaluation mode; pass `training` and
 * `random` for the batch's statistics and dropout.
 *
 * ```ts
 * const network = new OfficialNew({ imageSize: [64, 64], multipliers: [1, 2, 3, 4], attentionReductions: [4] });
 * const condition = network.encode(images);
 * const prediction = network.denoise(x, t, condition); // [B, H, W, 2]: noise, variance
 * ```
 */
export class OfficialNew {
  readonly config: OfficialConfig;
  readonly encoder: LayersModel;
  readonly denoiser: LayersModel;

  /** Throws RangeError where the configuration cannot be built. */
  constructor(config: Partial<OfficialConfig> = {}) {
    this.config = officialConfig(config);
    checkOfficialConfig('OfficialNew', this.config);
    const { channels, highway } = this.config;
    if (channels !== 4 * highway.channels) {
      throw new RangeError(
        `OfficialNew: channels must be 4 times highway.channels (${highway.channels}), got ${channels}`,
      );
    }
    this.encoder = buildEncoder(this.config);
    this.denoiser = buildDenoiser(this.config);
  }

  /** Encodes images [B, H, W, imageChannels]; the caller disposes the condition's anchor and features. */
  encode(images: tf.Tensor4D, context: CallContext = {}): OfficialNewCondition {
    checkImages('OfficialNew.encode', this.config, images);
    return tf.tidy(() => {
      const [anchor, features] = this.encoder.apply(images, { ...context }) as [tf.Tensor4D, tf.Tensor4D];
      return { images, anchor, features: stopGradient(features) };
    });
  }

  /**
   * Noise and variance, [B, H, W, outChannels], from x_t [B, H, W, maskChannels], t [B] and, of a class-conditional
   * network, the classes [B].
   */
  denoise(
    x: tf.Tensor4D,
    t: tf.Tensor1D,
    condition: OfficialNewCondition,
    classes?: tf.Tensor1D,
    context: CallContext = {},
  ): tf.Tensor4D {
    return tf.tidy(() => {
      const column = (values: tf.Tensor): tf.Tensor => tf.reshape(tf.cast(values, 'float32'), [-1, 1]);
      const labels = classes === undefined ? [] : [column(classes)];
      const inputs = [x, column(t), condition.images, condition.features, ...labels];
      return this.denoiser.apply(inputs, { ...context }) as tf.Tensor4D;
    });
  }

  /** Every variable by name, the running statistics included. */
  variables(): Map<string, tf.Variable> {
    return new Map([...modelVariables(this.encoder), ...modelVariables(this.denoiser)]);
  }

  /** The highway's trainable variables by name. */
  encoderVariables(): Map<string, tf.Variable> {
    return modelVariables(this.encoder, { trainable: true });
  }

  /** The denoiser's variables by name. */
  denoiserVariables(): Map<string, tf.Variable> {
    return modelVariables(this.denoiser);
  }

  dispose(): void {
    this.encoder.dispose();
    this.denoiser.dispose();
  }
}

function buildEncoder(config: OfficialConfig): LayersModel {
  const image = input({ shape: [...config.imageSize, config.imageChannels], name: 'image' });
  const { decoded, logits } = buildHighway(config, image);
  const [fine, finer] = [decoded.at(-2)!, decoded.at(-3)!].map((level, i) =>
    new UpsampleLinear({ name: `hwm.upscale.${i}`, factor: 2 ** (i + 1) }).on(level),
  ) as [SymbolicTensor, SymbolicTensor];
  const features = layers.concatenate({ name: 'hwm.anchors' }).apply([fine, fine, finer]) as SymbolicTensor;
  return model({ inputs: image, outputs: [logits, features], name: 'encoder' });
}

function buildDenoiser(config: OfficialConfig): LayersModel {
  const { imageSize, imageChannels, maskChannels, channels } = config;
  const x = input({ shape: [...imageSize, maskChannels], name: 'x' });
  const t = input({ shape: [1], name: 't' });
  const image = input({ shape: [...imageSize, imageChannels], name: 'image' });
  const features = input({ shape: [...imageSize, channels], name: 'features' });
  const labels = config.classes === undefined ? [] : [input({ shape: [1], name: 'label' })];

  const time = guidedTime(config, t, labels[0]);
  const joined = layers.concatenate({ name: 'join' }).apply([image, x]) as SymbolicTensor;
  const taps = guidedDown(
    config,
    joined,
    time,
    (h) => layers.add({ name: 'add_anchors' }).apply([h, features]) as SymbolicTensor,
  );
  const h = guidedMiddle(config, taps.at(-1)!, time);
  const prediction = guidedUp(config, h, taps, time);
  return model({ inputs: [x, t, image, features, ...labels], outputs: prediction, name: 'denoiser' });
}
