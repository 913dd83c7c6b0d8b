import { requireOptions } from '@medseg/arguments';
import type { Network, NetworkPrediction } from '@medseg/diffusion';
import { Affinity, ComplexFFParser, Convolution, HighwayGate, heDeviation, modelVariables } from '@medseg/layers';
import { type CallContext, tidy } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { checkDenoise } from './check-denoise.ts';
import { checkImages } from './check-images.ts';
import { guidedDown, guidedMiddle, guidedTime, guidedUp } from './guided-unet.ts';
import { buildHighway } from './highway.ts';
import type { ImageCondition } from './image-condition.ts';
import { checkOfficialConfig, type OfficialConfig, officialConfig } from './official-config.ts';
import { column, type OfficialEncodeOptions, officialEncodeOptionNames, ownLabels } from './official-labels.ts';

/** V1's condition is the images themselves: all of the network sees the noisy mask and the time. */
export type OfficialV1Condition = ImageCondition & {
  /** The classes of the images [B], of a class-conditional network. Absent for others. */
  readonly labels?: tf.Tensor1D;
};

/** What {@link OfficialV1.predict} returns. */
export interface OfficialV1Output {
  /** Noise and variance, [B, H, W, outChannels]. */
  readonly prediction: tf.Tensor4D;
  /** The highway's mask logits, [B, H, W, maskChannels]; their sigmoid is upstream's calibration mask. */
  readonly anchor: tf.Tensor4D;
}

/**
 * The first network of SuperMedIntel/MedSegDiff (`UNetModel_v1preview`): guided-diffusion's U-Net over image and noisy
 * mask beside a convolutional U-Net over the image, whose features are weighed at four depths by FF-Parsed features of
 * the first and whose coarsest features are added to the first's. The convolution that takes them there, which upstream
 * makes anew with random weights at every forward, is the layer `hwm.embedding` here. `fusion: 'affinity'` has the
 * paper's fusion in the place of its code's. Evaluation mode; pass `training`
 * and `random` for the batch's statistics and dropout.
 *
 * ```ts
 * const network = new OfficialV1({ imageSize: [64, 64], seed: 1 });
 * const { prediction, anchor } = network.predict(x, t, network.encode(images));
 * ```
 */
export class OfficialV1 implements Network<OfficialV1Condition> {
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
  /** The layers; its outputs are the prediction and the highway's mask logits. */
  readonly network: LayersModel;

  /** Throws RangeError where the configuration cannot be built. */
  constructor(config: Partial<OfficialConfig> = {}) {
    this.config = officialConfig('OfficialV1', config);
    checkOfficialConfig('OfficialV1', this.config);
    ({
      predictionType: this.predictionType,
      imageSize: this.imageSize,
      imageChannels: this.imageChannels,
      maskChannels: this.maskChannels,
    } = this.config);
    this.learnedVariance = this.config.outChannels === 2 * this.maskChannels;
    const { multipliers, highway } = this.config;
    if (multipliers.length !== highway.poolings + 1) {
      throw new RangeError(
        `OfficialV1: multipliers must have one level more than highway.poolings (${highway.poolings}), got [${multipliers}]`,
      );
    }
    this.network = buildNetwork(this.config);
  }

  /**
   * Takes images [B, H, W, imageChannels] as the condition, which the caller disposes: nothing can be computed before
   * x_t is known. A class-conditional network needs `labels`, the classes of the images [B].
   */
  encode(images: tf.Tensor, options: OfficialEncodeOptions = {}): OfficialV1Condition {
    requireOptions('OfficialV1.encode', options, officialEncodeOptionNames);
    const { labels } = options;
    checkImages('OfficialV1.encode', this, images);
    return { images: tf.clone(images), ...ownLabels('OfficialV1.encode', this.config, images, labels) };
  }

  /** Prediction and mask logits from x_t [B, H, W, maskChannels] and t [B]. */
  predict(x: tf.Tensor, t: tf.Tensor, condition: OfficialV1Condition, context: CallContext = {}): OfficialV1Output {
    checkDenoise('OfficialV1.predict', this, { x, t, condition }, ['images']);
    const { images, labels } = condition;
    return tidy(() => {
      const inputs = [x, column(t), images, ...(labels ? [column(labels)] : [])];
      const [prediction, anchor] = this.network.apply(inputs, { ...context }) as [tf.Tensor4D, tf.Tensor4D];
      return { prediction, anchor };
    });
  }

  /** The prediction of {@link predict} without its mask logits. */
  denoise(
    x: tf.Tensor,
    t: tf.Tensor,
    condition: OfficialV1Condition,
    _previous?: tf.Tensor,
    context: CallContext = {},
  ): tf.Tensor4D {
    return tf.tidy(() => this.predict(x, t, condition, context).prediction);
  }

  /** Every variable by name, the running statistics included. */
  variables(): Map<string, tf.Variable> {
    return modelVariables(this.network);
  }

  /** The trainable variables by name. */
  trainableVariables(): Map<string, tf.Variable> {
    return modelVariables(this.network, { trainable: true });
  }

  dispose(): void {
    this.network.dispose();
  }
}

function buildNetwork(config: OfficialConfig): LayersModel {
  const { imageSize, imageChannels, maskChannels, blocks, highway, seed } = config;
  const x = input({ shape: [...imageSize, maskChannels], name: 'x' });
  const t = input({ shape: [1], name: 't' });
  const image = input({ shape: [...imageSize, imageChannels], name: 'image' });
  const labels = config.classes === undefined ? [] : [input({ shape: [1], name: 'label' })];

  const time = guidedTime(config, t, labels[0]);
  const joined = layers.concatenate({ name: 'join' }).apply([image, x]) as SymbolicTensor;
  const taps = guidedDown(config, joined, time);
  const depths = highway.poolings - 1;
  const { bottleneck, logits } = buildHighway(config, image, (h, level) => {
    if (level === depths) return h;
    const tap = taps[(blocks + 1) * (level + 1)]!; // the first features at this size: hs[3], hs[6], hs[9], hs[12]
    if (config.fusion !== 'affinity') return new HighwayGate({ name: `hwm.gates.${level}`, seed }).on(h, tap);
    return Math.abs(2 * level + 1 - depths) < 2 ? weighed(h, tap, level, seed) : h; // the middle two, or one
  });
  const embedding = new Convolution({
    name: 'hwm.embedding',
    channels: taps.at(-1)!.shape.at(-1)!,
    size: 1,
    deviation: heDeviation(bottleneck.shape.at(-1)!),
    seed,
  }).on(bottleneck);
  let h = layers.add({ name: 'add_embedding' }).apply([taps.at(-1)!, embedding]) as SymbolicTensor;
  h = guidedMiddle(config, h, time);
  const prediction = guidedUp(config, h, taps, time);
  return model({ inputs: [x, t, image, ...labels], outputs: [prediction, logits], name: 'official_v1' });
}

/** The affinity of the paper: the highway's features x weighed by the denoiser's, (LN(x) LN(FF(conv1x1(tap)))) x. */
function weighed(x: SymbolicTensor, tap: SymbolicTensor, level: number, seed: number): SymbolicTensor {
  const name = `hwm.fusion.${level}`;
  const channels = x.shape.at(-1)!;
  const projected = new Convolution({ name: `${name}.project`, channels, size: 1, seed }).on(tap);
  const parsed = new ComplexFFParser({ name: `${name}.parser`, seed }).on(projected);
  return new Affinity({ name: `${name}.affinity`, seed }).on(parsed, x);
}
