import { requireOptions } from '@medseg/arguments';
import type { Network, NetworkPrediction } from '@medseg/diffusion';
import { modelVariables, UpsampleLinear } from '@medseg/layers';
import { type CallContext, tidy } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { checkDenoise } from './check-denoise.ts';
import { checkImages } from './check-images.ts';
import { guidedDown, guidedMiddle, guidedTime, guidedUp } from './guided-unet.ts';
import { buildHighway } from './highway.ts';
import { checkOfficialConfig, type OfficialConfig, officialConfig } from './official-config.ts';
import { column, type OfficialEncodeOptions, officialEncodeOptionNames, ownLabels } from './official-labels.ts';
import { stopGradient } from './stop-gradient.ts';

/** What the denoiser knows of the images; computed once and used by every step and every member. */
export type OfficialNewCondition = {
  /** Clones of the images, [B, H, W, C]. */
  readonly images: tf.Tensor4D;
  /** The classes of the images [B], of a class-conditional network. Absent for others. */
  readonly labels?: tf.Tensor1D;
  /** The highway's mask logits, [B, H, W, maskChannels]; their sigmoid is upstream's calibration mask. */
  readonly anchor: tf.Tensor4D;
  /** The highway's two finest decoder levels at full size, the finest twice: [B, H, W, channels]. */
  readonly features: tf.Tensor4D;
};

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
export class OfficialNew implements Network<OfficialNewCondition> {
  /** The configuration with all defaults filled in. */
  readonly config: OfficialConfig;
  readonly predictionType: NetworkPrediction;
  /** Upstream's masks are 0 and 1 inside the process too. */
  readonly maskRange: readonly [0, 1] = [0, 1];
  readonly imageSize: readonly number[];
  readonly imageChannels: number;
  readonly maskChannels: number;
  readonly learnedVariance: boolean;
  readonly selfConditioned = false;
  /** The highway: the U-Net over the image alone. */
  readonly encoder: LayersModel;
  /** The U-Net over image and noisy mask. */
  readonly denoiser: LayersModel;

  /** Throws RangeError where the configuration cannot be built. */
  constructor(config: Partial<OfficialConfig> = {}) {
    this.config = officialConfig('OfficialNew', config);
    checkOfficialConfig('OfficialNew', this.config);
    ({
      predictionType: this.predictionType,
      imageSize: this.imageSize,
      imageChannels: this.imageChannels,
      maskChannels: this.maskChannels,
    } = this.config);
    this.learnedVariance = this.config.outChannels === 2 * this.maskChannels;
    const { channels, highway, fusion } = this.config;
    if (fusion !== undefined) {
      throw new RangeError(`OfficialNew: fusion is an option of OfficialV1 alone, got ${fusion}`);
    }
    if (channels !== 4 * highway.channels) {
      throw new RangeError(
        `OfficialNew: channels must be 4 times highway.channels (${highway.channels}), got ${channels}`,
      );
    }
    this.encoder = buildEncoder(this.config);
    this.denoiser = buildDenoiser(this.config);
  }

  /**
   * Encodes images [B, H, W, imageChannels]; the caller disposes the condition's tensors. A class-conditional network
   * needs `labels`, the classes of the images [B].
   */
  encode(images: tf.Tensor, options: OfficialEncodeOptions = {}): OfficialNewCondition {
    requireOptions('OfficialNew.encode', options, officialEncodeOptionNames);
    const { labels, ...context } = options;
    checkImages('OfficialNew.encode', this, images);
    return tidy(() => {
      const own = ownLabels('OfficialNew.encode', this.config, images, labels);
      const [anchor, features] = this.encoder.apply(images, context) as [tf.Tensor4D, tf.Tensor4D];
      return { images: tf.clone(images), anchor, features: stopGradient(features), ...own };
    });
  }

  /** The prediction and, behind it, the variance, [B, H, W, outChannels], from x_t [B, H, W, maskChannels] and t [B]. */
  denoise(
    x: tf.Tensor,
    t: tf.Tensor,
    condition: OfficialNewCondition,
    _previous?: tf.Tensor,
    context: CallContext = {},
  ): tf.Tensor4D {
    checkDenoise('OfficialNew.denoise', this, { x, t, condition }, ['images', 'features']);
    const { images, features, labels } = condition;
    return tf.tidy(() => {
      const inputs = [x, column(t), images, features, ...(labels ? [column(labels)] : [])];
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
