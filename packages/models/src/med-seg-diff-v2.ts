import type { Network, NetworkPrediction } from '@medseg/diffusion';
import {
  AnchorAttention,
  Convolution,
  Downsample,
  modelVariables,
  OutputHead,
  ResidualBlock,
  SpectrumSpaceFormer,
  TimeEmbedding,
  Upsample,
} from '@medseg/layers';
import { tidy } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { checkDenoise } from './check-denoise.ts';
import { checkImages } from './check-images.ts';
import { buildConditionEncoder } from './condition-encoder.ts';
import { checkMedSegDiffV2Config, type MedSegDiffV2Config, medSegDiffV2Defaults } from './med-seg-diff-v2-config.ts';
import { phaseVariables } from './phase-variables.ts';
import { requireConfig } from './require-config.ts';

/** What the diffusion model knows of the images; computed once and used by every step and every member. */
export type MedSegDiffV2Condition = {
  /** Mask logits of the condition model alone, [B, H, W, maskChannels]. */
  readonly anchor: tf.Tensor4D;
  /** Its last decoded features, [B, H, W, conditionChannels[0]]. */
  readonly decoded: tf.Tensor4D;
  /** Its deepest embedding, [B, h, w, conditionChannels.at(-1)]. */
  readonly embedding: tf.Tensor4D;
};

/**
 * MedSegDiff-V2 as its paper describes it (Wu et al. 2023, arXiv 2301.11798); its authors' code does not contain it. A
 * condition model, a U-Net over the image with a mask of its own, meets a diffusion model twice: its last decoded
 * features anchor the diffusion model's first ones through uncertain spatial attention, and the deepest embeddings of
 * both go through a spectrum-space transformer. What the paper leaves open is listed in this package's README.
 *
 * ```ts
 * const network = new MedSegDiffV2({ imageSize: [64, 64], imageChannels: 3, seed: 1 });
 * const condition = network.encode(images);
 * const prediction = network.denoise(x, t, condition);
 * ```
 */
export class MedSegDiffV2 implements Network<MedSegDiffV2Condition> {
  /** The configuration with all defaults filled in. */
  readonly config: MedSegDiffV2Config;
  readonly predictionType: NetworkPrediction;
  readonly maskRange: readonly [-1, 1] = [-1, 1];
  readonly imageSize: readonly number[];
  readonly imageChannels: number;
  readonly maskChannels: number;
  readonly learnedVariance: boolean;
  readonly selfConditioned = false;
  /** The condition model with its mask. */
  readonly encoder: LayersModel;
  /** The diffusion model. */
  readonly denoiser: LayersModel;

  /** Throws RangeError where the configuration cannot be built. */
  constructor(config: Partial<MedSegDiffV2Config> = {}) {
    requireConfig('MedSegDiffV2', config, medSegDiffV2Defaults);
    this.config = {
      ...medSegDiffV2Defaults,
      outChannels: config.maskChannels ?? medSegDiffV2Defaults.maskChannels,
      ...config,
    };
    checkMedSegDiffV2Config(this.config);
    ({
      predictionType: this.predictionType,
      imageSize: this.imageSize,
      imageChannels: this.imageChannels,
      maskChannels: this.maskChannels,
    } = this.config);
    this.learnedVariance = this.config.outChannels === 2 * this.maskChannels;
    this.encoder = buildConditionModel(this.config);
    this.denoiser = buildDiffusionModel(this.config);
  }

  /** Encodes images [B, H, W, imageChannels]; the caller disposes the condition's tensors. */
  encode(images: tf.Tensor): MedSegDiffV2Condition {
    checkImages('MedSegDiffV2.encode', this, images);
    return tidy(() => {
      const [anchor, decoded, embedding] = this.encoder.apply(images) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      return { anchor, decoded, embedding };
    });
  }

  /** The prediction, [B, H, W, outChannels], from x_t [B, H, W, maskChannels] and t [B]. */
  denoise(x: tf.Tensor, t: tf.Tensor, condition: MedSegDiffV2Condition): tf.Tensor4D {
    checkDenoise('MedSegDiffV2.denoise', this, { x, t, condition }, ['decoded', 'embedding']);
    const { decoded, embedding } = condition;
    return tf.tidy(() => {
      const time = tf.reshape(tf.cast(t, 'float32'), [-1, 1]);
      return this.denoiser.apply([x, time, decoded, embedding]) as tf.Tensor4D;
    });
  }

  /** Every variable by name, as in a file of weights: `encoder.` or `denoiser.` before the layer's name. */
  variables(): Map<string, tf.Variable> {
    return phaseVariables(this);
  }

  /** The condition model's variables by name, in the order of its layers. */
  encoderVariables(): Map<string, tf.Variable> {
    return modelVariables(this.encoder);
  }

  /** The diffusion model's variables by name, in the order of its layers. */
  denoiserVariables(): Map<string, tf.Variable> {
    return modelVariables(this.denoiser);
  }

  dispose(): void {
    this.encoder.dispose();
    this.denoiser.dispose();
  }
}

function buildConditionModel({ conditionChannels, blocks, ...config }: MedSegDiffV2Config): LayersModel {
  const levels = { encoderChannels: conditionChannels, encoderBlocks: blocks };
  const unet = buildConditionEncoder({ ...config, ...levels, headPadding: 'zeros' });
  const [anchor, ...features] = unet.outputs;
  return model({ inputs: unet.inputs, outputs: [anchor!, features[0]!, features.at(-1)!], name: 'condition_model' });
}

function buildDiffusionModel(config: MedSegDiffV2Config): LayersModel {
  const { imageSize, maskChannels, outChannels, conditionChannels, diffusionChannels: channels, groups, seed } = config;
  const levels = channels.length;
  const coarse = imageSize.map((side) => side / 2 ** (levels - 1));
  const x = input({ shape: [...imageSize, maskChannels], name: 'x' });
  const t = input({ shape: [1], name: 't' });
  const decoded = input({ shape: [...imageSize, conditionChannels[0]!], name: 'decoded' });
  const embedding = input({ shape: [...coarse, conditionChannels.at(-1)!], name: 'embedding' });
  const features = config.timeChannels;
  const time = new TimeEmbedding({ name: 'time', frequencies: features, channels: features, seed }).on(t);
  const block = (name: string, width: number, h: SymbolicTensor): SymbolicTensor =>
    new ResidualBlock({ name, channels: width, groups, seed }).on(h, time);

  const { gaussianSize, gaussianMean, anchorAt, filterChannels: hidden, filterSize, filterBlocks } = config;
  const anchor = { name: 'anchor_attention', size: gaussianSize, learnedMean: gaussianMean === 'learned', seed };
  let h = new Convolution({ name: 'diffuse_stem', channels: channels[0]!, size: 3, seed }).on(x);
  if (anchorAt === 'stem') h = new AnchorAttention(anchor).on(h, decoded);
  const skips: SymbolicTensor[] = [];
  channels.forEach((width, level) => {
    for (let i = 0; i < config.blocks; i++) h = block(`diffuse_down${level}.${i}`, width, h);
    if (level === 0 && anchorAt === 'level') h = new AnchorAttention(anchor).on(h, decoded);
    if (level < levels - 1) {
      skips.push(h);
      h = new Downsample({ name: `diffuse_pool${level}` }).on(h);
    }
  });
  let semantic = new Convolution({ name: 'semantic', channels: channels.at(-1)!, size: 1, seed }).on(embedding);
  for (let i = 0; i < config.formers; i++) {
    const former = new SpectrumSpaceFormer({ name: `former${i}`, hidden, filterSize, filterBlocks, seed });
    semantic = former.on(semantic, h, time);
  }
  h = layers.add({ name: 'add_semantic' }).apply([h, semantic]) as SymbolicTensor;
  h = block('diffuse_middle', channels.at(-1)!, h);
  for (let level = levels - 2; level >= 0; level--) {
    h = new Upsample({ name: `diffuse_upsample${level}` }).on(h);
    h = layers.concatenate({ name: `diffuse_join${level}` }).apply([h, skips[level]!]) as SymbolicTensor;
    h = block(`diffuse_up${level}`, channels[level]!, h);
  }
  const prediction = new OutputHead({ name: 'prediction', channels: outChannels, groups, seed }).on(h);
  return model({ inputs: [x, t, decoded, embedding], outputs: prediction, name: 'diffusion_model' });
}
