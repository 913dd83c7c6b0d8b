import { type CallContext, Convolution, HighwayGate, heDeviation } from '@medseg/layers';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { checkImages } from './check-images.ts';
import { guidedDown, guidedMiddle, guidedTime, guidedUp } from './guided-unet.ts';
import { buildHighway } from './highway.ts';
import { modelVariables } from './model-variables.ts';
import { checkOfficialConfig, type OfficialConfig, officialConfig } from './official-config.ts';

/** V1's condition is the images themselves: all of the network sees the noisy mask and the time. */
export interface OfficialV1Condition {
  readonly images: tf.Tensor4D;
}

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
 * makes anew with random weights at every forward, is the layer `hwm.embedding` here. Evaluation mode; pass `training`
 * and `random` for the batch's statistics and dropout.
 *
 * ```ts
 * const network = new OfficialV1({ imageSize: [64, 64], seed: 1 });
 * const { prediction, anchor } = network.predict(x, t, network.encode(images));
 * ```
 */
export class OfficialV1 {
  readonly config: OfficialConfig;
  readonly network: LayersModel;

  /** Throws RangeError where the configuration cannot be built. */
  constructor(config: Partial<OfficialConfig> = {}) {
    this.config = officialConfig(config);
    checkOfficialConfig('OfficialV1', this.config);
    const { multipliers, highway } = this.config;
    if (multipliers.length !== highway.poolings + 1) {
      throw new RangeError(
        `OfficialV1: multipliers must have one level more than highway.poolings (${highway.poolings}), got [${multipliers}]`,
      );
    }
    this.network = buildNetwork(this.config);
  }

  /** Takes images [B, H, W, imageChannels]; computes nothing, for nothing can be computed before x_t is known. */
  encode(images: tf.Tensor4D): OfficialV1Condition {
    checkImages('OfficialV1.encode', this.config, images);
    return { images };
  }

  /** Prediction and mask logits from x_t [B, H, W, maskChannels], t [B] and, where there are classes, the classes [B]. */
  predict(
    x: tf.Tensor4D,
    t: tf.Tensor1D,
    { images }: OfficialV1Condition,
    classes?: tf.Tensor1D,
    context: CallContext = {},
  ): OfficialV1Output {
    return tf.tidy(() => {
      const column = (values: tf.Tensor): tf.Tensor => tf.reshape(tf.cast(values, 'float32'), [-1, 1]);
      const labels = classes === undefined ? [] : [column(classes)];
      const outputs = this.network.apply([x, column(t), images, ...labels], { ...context }) as [
        tf.Tensor4D,
        tf.Tensor4D,
      ];
      return { prediction: outputs[0], anchor: outputs[1] };
    });
  }

  /** The prediction of {@link predict} alone. */
  denoise(x: tf.Tensor4D, t: tf.Tensor1D, condition: OfficialV1Condition, classes?: tf.Tensor1D): tf.Tensor4D {
    const { prediction, anchor } = this.predict(x, t, condition, classes);
    anchor.dispose();
    return prediction;
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
  const { bottleneck, logits } = buildHighway(config, image, (h, level) => {
    if (level === highway.poolings - 1) return h;
    const tap = taps[(blocks + 1) * (level + 1)]!; // the first features at this size: hs[3], hs[6], hs[9], hs[12]
    return new HighwayGate({ name: `hwm.gates.${level}`, seed }).on(h, tap);
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
