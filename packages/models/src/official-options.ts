import { requireObject } from '@medseg/arguments';
import type { OfficialConfig } from './official-config.ts';

/** Upstream's options that change nothing in what the network computes, or only with the value given. */
const without: Readonly<Record<string, readonly unknown[]>> = {
  dims: [2],
  use_fp16: [false],
  high_way: [true],
};
const ignored = new Set(['name', 'version', 'use_checkpoint']);

/**
 * A configuration from the options of upstream's `UNetModel_newpreview` and `UNetModel_v1preview` under their own
 * names: `in_channels` counts the image's channels and the one of the mask, `attention_resolutions` are reductions,
 * -1 stands for "not given". Throws RangeError at an option that is not known or not supported, naming it.
 *
 * @example new OfficialNew(officialOptions({ image_size: 64, in_channels: 4, model_channels: 128 }));
 */
export function officialOptions(options: Readonly<Record<string, unknown>>): Partial<OfficialConfig> {
  requireObject('officialOptions: options', options, []);
  const config: { -readonly [K in keyof OfficialConfig]?: OfficialConfig[K] } = {};
  for (const [name, value] of Object.entries(options)) {
    if (name in without) {
      if (!without[name]!.includes(value)) {
        throw new RangeError(`officialOptions: ${name} must be ${without[name]}, got ${JSON.stringify(value)}`);
      }
    } else if (name in readers) {
      if (value !== null && value !== -1) readers[name]!(config, value);
    } else if (!ignored.has(name)) {
      throw new RangeError(
        `officialOptions: ${name} is not an option of the official networks, got ${JSON.stringify(value)}`,
      );
    }
  }
  return config;
}

type Mutable = { -readonly [K in keyof OfficialConfig]?: OfficialConfig[K] };

const readers: Readonly<Record<string, (config: Mutable, value: unknown) => void>> = {
  image_size: (config, value) => {
    const sides = Array.isArray(value) ? numbers('image_size', value) : [number('image_size', value)];
    config.imageSize = [sides[0]!, sides[1] ?? sides[0]!];
  },
  in_channels: (config, value) => {
    config.imageChannels = number('in_channels', value) - 1;
  },
  out_channels: (config, value) => {
    config.outChannels = number('out_channels', value);
  },
  model_channels: (config, value) => {
    config.channels = number('model_channels', value);
  },
  num_res_blocks: (config, value) => {
    config.blocks = number('num_res_blocks', value);
  },
  attention_resolutions: (config, value) => {
    config.attentionReductions = numbers('attention_resolutions', value);
  },
  channel_mult: (config, value) => {
    config.multipliers = numbers('channel_mult', value);
  },
  conv_resample: (config, value) => {
    config.resamplingConvolutions = boolean('conv_resample', value);
  },
  dropout: (config, value) => {
    config.dropout = number('dropout', value);
  },
  num_classes: (config, value) => {
    config.classes = number('num_classes', value);
  },
  num_heads: (config, value) => {
    config.heads = number('num_heads', value);
  },
  num_head_channels: (config, value) => {
    config.headChannels = number('num_head_channels', value);
  },
  num_heads_upsample: (config, value) => {
    config.upHeads = number('num_heads_upsample', value);
  },
  use_scale_shift_norm: (config, value) => {
    config.scaleShift = boolean('use_scale_shift_norm', value);
  },
  resblock_updown: (config, value) => {
    config.resamplingBlocks = boolean('resblock_updown', value);
  },
  use_new_attention_order: (config, value) => {
    config.newAttentionOrder = boolean('use_new_attention_order', value);
  },
};

function number(name: string, value: unknown): number {
  if (typeof value !== 'number') refuse(name, 'a number', value);
  return value as number;
}

function numbers(name: string, value: unknown): number[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'number'))
    refuse(name, 'a list of numbers', value);
  return value as number[];
}

function boolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') refuse(name, 'true or false', value);
  return value as boolean;
}

function refuse(name: string, rule: string, value: unknown): never {
  throw new RangeError(`officialOptions: ${name} must be ${rule}, got ${JSON.stringify(value)}`);
}
