import { requireObject } from '@medseg/arguments';
import type { NetworkPrediction } from '@medseg/diffusion';
import { checkPrediction } from './check-prediction.ts';
import { refuser } from './refuser.ts';

/** Shape of a {@link Lucidrains} network. */
export interface LucidrainsConfig {
  /** Height and width, equal; a multiple of 2^(levels - 1). Default 128. */
  imageSize: number;
  /** Channels of an image: 1 for grey, 3 for colour. Default 3. */
  imageChannels: number;
  /** Channels of the mask: 1 for a binary mask. Default 1. */
  maskChannels: number;
  /** What the network is trained to predict. Default 'epsilon'. */
  predictionType: NetworkPrediction;
  /** Channels of the first convolutions and half of those of the last block's input. Default 64. */
  channels: number;
  /** For each level, finest first, how many times `channels` it ends with. Default [1, 2, 4, 8]. */
  multipliers: readonly number[];
  /** For each level, whether its attention is linear. Default [true, true, true, false]. */
  linearAttention: readonly boolean[];
  /** Heads of each attention. Default 4. */
  heads: number;
  /** Channels of a head. Default 32. */
  headChannels: number;
  /** Layers of the transformer where both encoders meet; may be 0. Default 1. */
  transformerDepth: number;
  /** Groups of the GroupNorms outside the conditioners. Default 8. */
  groups: number;
  /**
   * Whether x_t comes with the network's previous prediction of the mask (Chen et al. 2022, arXiv 2208.04202).
   * Default false.
   */
  selfCondition: boolean;
  /** Whether the decoder sees the image encoder's features too. Default false. */
  imageSkips: boolean;
  /** Whether a small vision transformer corrects the FF-Parser's map from the features. Default false. */
  dynamicMap: boolean;
  /** Side of that transformer's patches; divides the features of each level. Default 16. */
  patchSize: number;
  /** Channels of a head of that transformer; it has 4 heads and 4 layers, as in the reference. Default 32. */
  mapHeadChannels: number;
  /** Seed of the initial weights. Default 0. */
  seed: number;
}

/** The configuration of `new Lucidrains()`. */
export const lucidrainsDefaults: LucidrainsConfig = {
  imageSize: 128,
  imageChannels: 3,
  maskChannels: 1,
  predictionType: 'epsilon',
  channels: 64,
  multipliers: [1, 2, 4, 8],
  linearAttention: [true, true, true, false],
  heads: 4,
  headChannels: 32,
  transformerDepth: 1,
  groups: 8,
  selfCondition: false,
  imageSkips: false,
  dynamicMap: false,
  patchSize: 16,
  mapHeadChannels: 32,
  seed: 0,
};

/** Throws a RangeError that names the field, the rule and the value where a configuration cannot be built. */
export function checkLucidrainsConfig(config: LucidrainsConfig): void {
  const refuse = refuser('Lucidrains', config);
  const counts = ['imageSize', 'imageChannels', 'maskChannels', 'heads', 'headChannels', 'groups'] as const;
  const ofMap = config.dynamicMap ? (['patchSize', 'mapHeadChannels'] as const) : [];
  for (const field of [...counts, ...ofMap]) {
    if (!Number.isInteger(config[field]) || config[field] < 1) refuse(field, 'a positive integer');
  }
  if (!Number.isInteger(config.channels) || config.channels < 4 || config.channels % 2 !== 0) {
    refuse('channels', 'an even integer of at least 4');
  }
  const levels = config.multipliers.length;
  if (config.linearAttention.length !== levels) {
    refuse('linearAttention', `as many levels as multipliers (${levels})`);
  }
  if (config.multipliers.some((multiplier) => !Number.isInteger(multiplier) || multiplier < 1)) {
    refuse('multipliers', 'positive integers');
  }
  const multiple = 2 ** Math.max(0, levels - 1);
  if (config.imageSize % multiple !== 0) refuse('imageSize', `a multiple of ${multiple} for ${levels} levels`);
  for (let level = 0; config.dynamicMap && level < levels; level++) {
    const size = config.imageSize / 2 ** level;
    if (size % config.patchSize !== 0)
      refuse('patchSize', `a divisor of the ${size}x${size} features of level ${level}`);
  }
  if (!Number.isInteger(config.transformerDepth) || config.transformerDepth < 0) {
    refuse('transformerDepth', 'a whole number');
  }
  checkPrediction('Lucidrains', config.predictionType, false);
}

/**
 * The configuration of a network that computes what the reference's `Unet(**options)` does:
 * `lucidrainsConfigFrom({ dim: 16, image_size: 32 })`. As in the reference, `heads`, `depth` and `image_size` of
 * conditioning_kwargs and `out_dim` have no effect. Throws RangeError naming an option that is not understood.
 */
export function lucidrainsConfigFrom(options: Readonly<Record<string, unknown>>): LucidrainsConfig {
  requireObject('lucidrainsConfigFrom: options', options, []);
  const config: LucidrainsConfig = { ...lucidrainsDefaults };
  let first: unknown;
  for (const [name, value] of Object.entries(options)) {
    const number = NUMBERS[name];
    const flag = FLAGS[name];
    if (number !== undefined) config[number] = whole(name, value);
    else if (flag !== undefined) config[flag] = Boolean(value);
    else if (name === 'dim_mults') config.multipliers = list(name, value).map((item) => whole(name, item));
    else if (name === 'full_self_attn') config.linearAttention = list(name, value).map((full) => !full);
    else if (name === 'init_dim') first = value;
    else if (name === 'conditioning_kwargs') readConditioning(config, value);
    else if (name !== 'out_dim') {
      throw new RangeError(`lucidrainsConfigFrom: options must be those of the reference's Unet, got ${name}`);
    }
  }
  for (const required of ['dim', 'image_size']) {
    if (!(required in options)) throw new RangeError(`lucidrainsConfigFrom: ${required} must be given, got none`);
  }
  if (first !== undefined && first !== null && first !== config.channels) {
    // The reference builds such a network, but its last block takes 2 dim channels and gets 2 init_dim.
    throw new RangeError(`lucidrainsConfigFrom: init_dim must equal dim (${config.channels}), got ${first}`);
  }
  checkLucidrainsConfig(config);
  return config;
}

type FieldOf<T> = {
  [K in keyof LucidrainsConfig]: LucidrainsConfig[K] extends T ? K : never;
}[keyof LucidrainsConfig];

const NUMBERS: Record<string, FieldOf<number>> = {
  dim: 'channels',
  image_size: 'imageSize',
  mask_channels: 'maskChannels',
  input_img_channels: 'imageChannels',
  attn_dim_head: 'headChannels',
  attn_heads: 'heads',
  mid_transformer_depth: 'transformerDepth',
  resnet_block_groups: 'groups',
};

const FLAGS: Record<string, FieldOf<boolean>> = {
  self_condition: 'selfCondition',
  skip_connect_condition_fmaps: 'imageSkips',
  dynamic_ff_parser_attn_map: 'dynamicMap',
};

function readConditioning(config: LucidrainsConfig, value: unknown): void {
  for (const [name, item] of Object.entries(value as Record<string, unknown>)) {
    if (name === 'dim_head') config.mapHeadChannels = whole(name, item);
    else if (name === 'patch_size') config.patchSize = whole(name, item);
    else if (!['heads', 'depth', 'image_size'].includes(name)) {
      throw new RangeError(
        `lucidrainsConfigFrom: conditioning_kwargs has dim_head, heads, depth, patch_size and image_size, got ${name}`,
      );
    }
  }
}

function whole(name: string, value: unknown): number {
  if (!Number.isInteger(value)) {
    throw new RangeError(`lucidrainsConfigFrom: ${name} must be a whole number, got ${value}`);
  }
  return value as number;
}

function list(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new RangeError(`lucidrainsConfigFrom: ${name} must be a list, got ${value}`);
  return value;
}
