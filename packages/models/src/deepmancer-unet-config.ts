import { requireObject } from '@medseg/arguments';
import type { NetworkPrediction } from '@medseg/diffusion';
import { requireOneOf } from '@medseg/ops';
import { checkPrediction } from './check-prediction.ts';
import { refuser } from './refuser.ts';

/** Shape of a {@link DeepmancerUNet} network. */
export interface DeepmancerUNetConfig {
  /** Height and width, equal; a multiple of 2^(levels - 1) where there are levels. Default 128. */
  imageSize: number;
  /** Channels of an image: 1 for grey, 3 for colour. Default 3. */
  imageChannels: number;
  /** Channels of the noisy mask. Default 1. */
  maskChannels: number;
  /**
   * Channels of the prediction; to sample, as many as the mask's, or twice as many where a variance is learned.
   * Default 1.
   */
  outputChannels: number;
  /** What the network is trained to predict; the noise, as in the reference. Default 'epsilon'. */
  predictionType: NetworkPrediction;
  /** Channels of the first convolutions, a multiple of 8; level l ends with 2^l times as many. Default 16. */
  channels: number;
  /** For each level, finest first, whether its attention is linear. Default [true, true, true, false]. */
  linearAttention: readonly boolean[];
  /** Whether the decoder sees the image encoder's features too. Default false. */
  imageSkips: boolean;
  /** Features of the time embedding. Default 128. */
  timeChannels: number;
  /** Heads of each attention. Default 4. */
  heads: number;
  /** Channels of a head. Default 32. */
  headChannels: number;
  /** Layers of the transformer where both encoders meet; may be 0. Default 1. */
  transformerDepth: number;
  /**
   * `product` takes t [sin f, cos f] for the code of time t, as the reference does by mistake; its checkpoints need it.
   * Default 'angle'.
   */
  timeCode: 'angle' | 'product';
  /**
   * `normalised` lets the affinity weigh LN(c), as the reference does, not c, as the paper does; its checkpoints need it.
   * Default 'condition'.
   */
  affinityWeighs: 'condition' | 'normalised';
  /** Seed of the initial weights. Default 0. */
  seed: number;
}

/** The configuration of `new DeepmancerUNet()`. */
export const deepmancerUNetDefaults: DeepmancerUNetConfig = {
  imageSize: 128,
  imageChannels: 3,
  maskChannels: 1,
  outputChannels: 1,
  predictionType: 'epsilon',
  channels: 16,
  linearAttention: [true, true, true, false],
  imageSkips: false,
  timeChannels: 128,
  heads: 4,
  headChannels: 32,
  transformerDepth: 1,
  timeCode: 'angle',
  affinityWeighs: 'condition',
  seed: 0,
};

/** Throws a RangeError that names the field, the rule and the value where a configuration cannot be built. */
export function checkDeepmancerUNetConfig(config: DeepmancerUNetConfig): void {
  const refuse = refuser('DeepmancerUNet', config);
  const counts = ['imageSize', 'imageChannels', 'maskChannels', 'outputChannels', 'timeChannels'] as const;
  for (const field of [...counts, 'heads', 'headChannels'] as const) {
    if (!Number.isInteger(config[field]) || config[field] < 1) refuse(field, 'a positive integer');
  }
  if (!Number.isInteger(config.channels) || config.channels < 8 || config.channels % 8 !== 0) {
    refuse('channels', 'a positive multiple of 8 (the groups of its GroupNorms)');
  }
  const multiple = 2 ** Math.max(0, config.linearAttention.length - 1);
  if (config.imageSize % multiple !== 0) {
    refuse('imageSize', `a multiple of ${multiple} for ${config.linearAttention.length} levels`);
  }
  if (!Number.isInteger(config.transformerDepth) || config.transformerDepth < 0) {
    refuse('transformerDepth', 'a whole number');
  }
  requireOneOf('DeepmancerUNet: timeCode', config.timeCode, ['angle', 'product']);
  requireOneOf('DeepmancerUNet: affinityWeighs', config.affinityWeighs, ['condition', 'normalised']);
  checkPrediction('DeepmancerUNet', config.predictionType, config.outputChannels === 2 * config.maskChannels);
}

/**
 * The configuration of a network that computes what the reference's `Unet(**options)` does, its faults included:
 * `deepmancerUNetConfigFrom({ image_size: 32, num_layers: 2 })`. Throws RangeError naming an option that is not understood.
 */
export function deepmancerUNetConfigFrom(options: Readonly<Record<string, unknown>>): DeepmancerUNetConfig {
  requireObject('deepmancerUNetConfigFrom: options', options, []);
  const config: DeepmancerUNetConfig = { ...deepmancerUNetDefaults, timeCode: 'product', affinityWeighs: 'normalised' };
  let levels: number | undefined;
  let linear: readonly boolean[] | undefined;
  for (const [name, value] of Object.entries(options)) {
    const field = NUMBERS[name];
    if (field !== undefined) config[field] = whole(name, value);
    else if (name === 'num_layers') levels = whole(name, value);
    else if (name === 'skip_connect_image_feature_maps') config.imageSkips = Boolean(value);
    else if (name === 'linear_attn_layers') linear = flags(name, value);
    else if (name !== 'weight_initializer') {
      throw new RangeError(
        `deepmancerUNetConfigFrom: options must be those of the reference's Unet, got ${name}; known: ${known().join(', ')}`,
      );
    }
  }
  if (levels === undefined && !linear?.length) {
    throw new RangeError('deepmancerUNetConfigFrom: num_layers must be given, got none');
  }
  config.linearAttention = linear?.length ? linear : Array.from({ length: levels! }, (_, i) => i < levels! - 1);
  checkDeepmancerUNetConfig(config);
  return config;
}

const NUMBERS: Record<
  string,
  {
    [K in keyof DeepmancerUNetConfig]: DeepmancerUNetConfig[K] extends number ? K : never;
  }[keyof DeepmancerUNetConfig]
> = {
  image_size: 'imageSize',
  image_channels: 'imageChannels',
  mask_channels: 'maskChannels',
  output_channels: 'outputChannels',
  first_conv_channels: 'channels',
  time_embedding_dim: 'timeChannels',
  att_heads: 'heads',
  att_head_dim: 'headChannels',
  bottleneck_transformer_layers: 'transformerDepth',
};

function known(): string[] {
  return [...Object.keys(NUMBERS), 'num_layers', 'linear_attn_layers', 'skip_connect_image_feature_maps'];
}

function whole(name: string, value: unknown): number {
  if (!Number.isInteger(value))
    throw new RangeError(`deepmancerUNetConfigFrom: ${name} must be a whole number, got ${value}`);
  return value as number;
}

function flags(name: string, value: unknown): readonly boolean[] | undefined {
  if (value === null || value === undefined) return undefined;
  if (!Array.isArray(value)) throw new RangeError(`deepmancerUNetConfigFrom: ${name} must be a list, got ${value}`);
  return value.map(Boolean);
}
