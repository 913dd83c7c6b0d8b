import type { NetworkPrediction } from '@medseg/diffusion';
import { type OptionNames, requireOneOf, requireOptions } from '@medseg/ops';
import { checkPrediction } from './check-prediction.ts';
import { refuser } from './refuser.ts';
import { requireConfig } from './require-config.ts';

/** Shape of the networks of SuperMedIntel/MedSegDiff; upstream's names of the options in brackets. */
export interface OfficialConfig {
  /**
   * Height and width that the network is built for. Multiples of 2 to the number of poolings or of levels less one,
   * whichever is more. Default [256, 256].
   */
  imageSize: readonly number[];
  /** Channels of an image: 1 for grey, 3 for colour. Default 3. */
  imageChannels: number;
  /** Channels of the mask; upstream has one. Default 1. */
  maskChannels: number;
  /**
   * Channels of the prediction: noise and variance of each mask channel. [out_channels] Default: twice the mask's
   * channels.
   */
  outChannels: number;
  /** What the network is trained to predict, beside a variance; the noise upstream. Default 'epsilon'. */
  predictionType: NetworkPrediction;
  /** Channels of the finest level. [model_channels] Default 128. */
  channels: number;
  /**
   * Channels of each level as a multiple of `channels`, finest first; the first is 1. [channel_mult] Default [1, 1,
   * 2, 2, 4, 4].
   */
  multipliers: readonly number[];
  /** Residual blocks of a level on the way down, 0 or more; one more on the way up. [num_res_blocks] Default 2. */
  blocks: number;
  /**
   * Reductions of the image's size at which there is attention: 16 is at 1/16. [attention_resolutions] Default [16].
   */
  attentionReductions: readonly number[];
  /** Heads of the attention on the way down and in the middle. Default 1. [num_heads] */
  heads: number;
  /** Heads on the way up; by default `heads`. [num_heads_upsample] */
  upHeads?: number;
  /** Channels of a head, in place of a number of heads. [num_head_channels] Default: the number of heads decides. */
  headChannels?: number;
  /**
   * Whether the heads' queries, keys and values lie each together (false) or all queries first.
   * [use_new_attention_order] Default false.
   */
  newAttentionOrder: boolean;
  /**
   * The time scales and shifts the second normalisation, instead of being added before it. [use_scale_shift_norm]
   * Default false.
   */
  scaleShift: boolean;
  /** Residual blocks change the size, instead of a layer of its own. [resblock_updown] Default false. */
  resamplingBlocks: boolean;
  /** The layers that change the size convolve. [conv_resample] Default true. */
  resamplingConvolutions: boolean;
  /** Classes of a class-conditional network. [num_classes] Default: no classes. */
  classes?: number;
  /** Groups of every GroupNorm; 32 upstream. Default 32. */
  groups: number;
  /**
   * Share of the values before each residual block's second convolution that are dropped in training. [dropout]
   * Default 0.
   */
  dropout: number;
  /**
   * The convolutional U-Net over the image; upstream's is always 32 channels, 5 poolings, at most 480 channels. `dropout`
   * is the share of channels that its encoder drops in training, by default 0.5 as upstream.
   */
  highway: {
    /** Channels of its first level, which double at each pooling. Default 32. */
    readonly channels: number;
    /** How often it halves the image; at least 3. Default 5. */
    readonly poolings: number;
    /** Channels of a level at most. Default 480. */
    readonly maxChannels: number;
    /** Share of the channels that its encoder drops in training. Default 0.5. */
    readonly dropout?: number;
  };
  /**
   * How V1's highway meets the denoiser's features h. `gate`: x mask(g) mean(g) with g = FF(conv1x1(h)) at four depths,
   * upstream's code, whose checkpoints need it. `affinity`: (LN(x) LN(g)) x at the middle two, the paper's (Wu et al.
   * 2022, arXiv 2211.00611, equations 4 to 7). Only of `OfficialV1`. Default: `gate`.
   */
  fusion?: 'gate' | 'affinity';
  /** Seed of the initial weights. Default 0. */
  seed: number;
}

/** The networks that upstream's README trains: 256x256 images of 3 channels. */
export const officialDefaults: OfficialConfig = {
  imageSize: [256, 256],
  imageChannels: 3,
  maskChannels: 1,
  outChannels: 2,
  predictionType: 'epsilon',
  channels: 128,
  multipliers: [1, 1, 2, 2, 4, 4],
  blocks: 2,
  attentionReductions: [16],
  heads: 1,
  newAttentionOrder: false,
  scaleShift: false,
  resamplingBlocks: false,
  resamplingConvolutions: true,
  groups: 32,
  dropout: 0,
  highway: { channels: 32, poolings: 5, maxChannels: 480, dropout: 0.5 },
  seed: 0,
};

/** The options without a default, and the parts of `highway`. */
const optional: Readonly<Record<string, true>> = {
  upHeads: true,
  headChannels: true,
  classes: true,
  fusion: true,
};
const highwayNames: OptionNames<OfficialConfig['highway']> = {
  channels: true,
  poolings: true,
  maxChannels: true,
  dropout: true,
};

/** Fills in the defaults, refusing what is no option; the output has two channels for each of the mask's where it is not given. */
export function officialConfig(who: string, config: Partial<OfficialConfig>): OfficialConfig {
  requireConfig(who, config, officialDefaults, optional);
  if ('highway' in config) requireOptions(`${who}: highway`, config.highway as object, highwayNames);
  return { ...officialDefaults, outChannels: 2 * (config.maskChannels ?? 1), ...config };
}

/** Throws a RangeError that names the field, the rule and the value where a configuration cannot be built. */
export function checkOfficialConfig(who: string, config: OfficialConfig): void {
  const refuse = refuser(who, config);
  const { channels, multipliers, groups, highway, imageSize } = config;
  const positive = (value: number): boolean => Number.isInteger(value) && value >= 1;
  for (const field of ['imageChannels', 'maskChannels', 'outChannels', 'channels', 'heads', 'groups'] as const) {
    if (!positive(config[field])) refuse(field, 'a positive integer');
  }
  if (!Number.isInteger(config.blocks) || config.blocks < 0) refuse('blocks', 'a whole number');
  for (const field of ['upHeads', 'headChannels', 'classes'] as const) {
    const value = config[field];
    if (value !== undefined && !positive(value)) refuse(field, 'a positive integer', value);
  }
  if (channels % groups !== 0) refuse('channels', `a multiple of groups (${groups})`);
  if (channels % 2 !== 0) refuse('channels', 'even');
  if (multipliers.length < 1 || !multipliers.every(positive) || multipliers[0] !== 1) {
    refuse('multipliers', 'positive integers that start with 1');
  }
  for (const value of config.attentionReductions) {
    if (!positive(value)) refuse('attentionReductions', 'positive integers');
  }
  if (!positive(highway.channels)) refuse('highway.channels', 'a positive integer', highway.channels);
  if (!positive(highway.maxChannels)) refuse('highway.maxChannels', 'a positive integer', highway.maxChannels);
  if (!positive(highway.poolings) || highway.poolings < 3) {
    refuse('highway.poolings', 'an integer of at least 3', highway.poolings);
  }
  const rates = { dropout: config.dropout, 'highway.dropout': highway.dropout ?? 0 };
  for (const field of ['dropout', 'highway.dropout'] as const) {
    if (!(rates[field] >= 0 && rates[field] < 1)) refuse(field, 'at least 0 and less than 1', rates[field]);
  }
  if (config.fusion !== undefined) requireOneOf(`${who}: fusion`, config.fusion, ['gate', 'affinity']);
  checkPrediction(who, config.predictionType, config.outChannels === 2 * config.maskChannels);
  const multiple = 2 ** Math.max(highway.poolings, multipliers.length - 1);
  for (const side of imageSize) {
    if (!positive(side) || side % multiple !== 0) {
      refuse(
        'imageSize',
        `a multiple of ${multiple} for ${multipliers.length} levels and ${highway.poolings} poolings`,
        imageSize.join('x'),
      );
    }
  }
}
