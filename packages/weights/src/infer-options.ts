import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import type { NamedArray } from './safetensors-dtype.ts';

/** Options of a reference's `Unet`, under the reference's names. */
export type ReferenceOptions = Record<string, unknown>;

/**
 * What the shapes in a state dict do not tell: the number of attention heads (both references' default is 4) and of
 * GroupNorm's groups (lucidrains' default is 8).
 */
export interface UnseenOptions {
  /** Heads of the attention. Default 4. */
  heads?: number;
  /** Groups of every GroupNorm. Default 8. */
  groups?: number;
}

const unseenOptionNames: OptionNames<UnseenOptions> = { heads: true, groups: true };

/**
 * The options that a checkpoint of deepmancer/medseg-diffusion was built with, read from the shapes of its weights; for
 * `deepmancerUNetConfigFrom` of `@medseg/models`. A prefix before all names is found by itself. Throws RangeError naming the
 * first weight that is missing.
 *
 * @example const network = new DeepmancerUNet(deepmancerUNetConfigFrom(inferSeedOptions(tensors)));
 */
export function inferSeedOptions(
  tensors: ReadonlyMap<string, NamedArray>,
  options: UnseenOptions = {},
): ReferenceOptions {
  requireObject('inferSeedOptions: tensors', tensors, ['get', 'size']);
  requireOptions('inferSeedOptions', options, unseenOptionNames);
  const { heads = 4 } = options;
  const { shape, has, count } = reader('inferSeedOptions', tensors);
  const levels = count((i) => `dynamic_fusion_layers.${i}.ff_parser.ff_parser_attn_map`);
  const channels = shape('mask_initial_conv.weight')[0]!;
  return {
    image_size: shape('dynamic_fusion_layers.0.ff_parser.ff_parser_attn_map')[1]!,
    num_layers: levels,
    first_conv_channels: channels,
    mask_channels: shape('mask_initial_conv.weight')[1]!,
    image_channels: shape('img_initial_conv.weight')[1]!,
    output_channels: shape('final_conv.weight')[0]!,
    time_embedding_dim: shape('time_embedding_layer.projector.0.weight')[0]!,
    linear_attn_layers: range(levels).map((i) => has(`mask_encoders.${i}.2.fn.to_out.0.weight`)),
    skip_connect_image_feature_maps:
      shape('decoders.0.0.block1.proj.weight')[1]! > withOneSkip(shape, 'decoders', 'mask_encoders', levels),
    att_heads: heads,
    att_head_dim: headChannels('inferSeedOptions', shape('mask_encoders.0.2.fn.to_qkv.weight')[0]!, heads),
    bottleneck_transformer_layers: count((i) => `bottleneck.transformer_fuser.layers.${i}.0.fn.prenorm.g`),
  };
}

/**
 * The options that a checkpoint of lucidrains' med-seg-diff-pytorch was built with, as {@link inferSeedOptions}; for
 * `lucidrainsConfigFrom` of `@medseg/models`.
 *
 * @example const network = new Lucidrains(lucidrainsConfigFrom(inferLucidrainsOptions(tensors)));
 */
export function inferLucidrainsOptions(
  tensors: ReadonlyMap<string, NamedArray>,
  given: UnseenOptions = {},
): ReferenceOptions {
  requireObject('inferLucidrainsOptions: tensors', tensors, ['get', 'size']);
  requireOptions('inferLucidrainsOptions', given, unseenOptionNames);
  const { heads = 4, groups = 8 } = given;
  const who = 'inferLucidrainsOptions';
  const { shape, has, count } = reader(who, tensors);
  const levels = count((i) => `conditioners.${i}.ff_parser_attn_map`);
  const [masks, dim] = shape('final_conv.weight') as [number, number];
  const vit = 'conditioners.0.to_dynamic_ff_parser_attn_map';
  const dynamic = has(`${vit}.pos_emb`);
  const options: ReferenceOptions = {
    dim,
    image_size: shape('conditioners.0.ff_parser_attn_map')[1]!,
    mask_channels: masks,
    input_img_channels: shape('cond_init_conv.weight')[1]!,
    dim_mults: range(levels).map((i) => shape(`downs.${i}.3${i < levels - 1 ? '.1' : ''}.weight`)[0]! / dim),
    full_self_attn: range(levels).map((i) => !has(`downs.${i}.2.fn.to_out.0.weight`)),
    attn_heads: heads,
    attn_dim_head: headChannels(who, shape('downs.0.2.fn.to_qkv.weight')[0]!, heads),
    mid_transformer_depth: count((i) => `mid_transformer.layers.${i}.0.fn.prenorm.g`),
    self_condition: shape('init_conv.weight')[1]! > masks,
    resnet_block_groups: groups,
    skip_connect_condition_fmaps: shape('ups.0.0.block1.proj.weight')[1]! > withOneSkip(shape, 'ups', 'downs', levels),
    dynamic_ff_parser_attn_map: dynamic,
  };
  if (dynamic) {
    options.conditioning_kwargs = {
      patch_size: shape('conditioners.0.ff_parser_attn_map')[1]! / shape(`${vit}.pos_emb`)[1]!,
      dim_head: headChannels(who, shape(`${vit}.transformer.layers.0.0.fn.to_qkv.weight`)[0]!, 4),
    };
  }
  return options;
}

/** Channels that the first decoder block gets with only one skip. */
function withOneSkip(
  shape: (name: string) => readonly number[],
  decoder: string,
  encoder: string,
  levels: number,
): number {
  return shape(`${decoder}.0.0.block2.proj.weight`)[0]! + shape(`${encoder}.${levels - 1}.0.block2.proj.weight`)[0]!;
}

function headChannels(who: string, mapped: number, heads: number): number {
  const channels = mapped / 3 / heads;
  if (!Number.isInteger(channels)) {
    throw new RangeError(`${who}: heads must divide the ${mapped / 3} channels of the attention, got ${heads}`);
  }
  return channels;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function reader(
  who: string,
  tensors: ReadonlyMap<string, NamedArray>,
): {
  shape: (name: string) => readonly number[];
  has: (name: string) => boolean;
  count: (name: (index: number) => string) => number;
} {
  const last = 'final_conv.weight';
  const keys = [...tensors.keys()].filter((key) => key === last || key.endsWith(`.${last}`));
  const key = keys.sort((a, b) => a.length - b.length)[0];
  if (key === undefined) throw new RangeError(`${who}: the state dict must hold ${last}, got none`);
  const prefix = key.slice(0, -last.length);
  return {
    shape: (name) => {
      const found = tensors.get(prefix + name);
      if (found === undefined) throw new RangeError(`${who}: the state dict must hold ${prefix}${name}, got none`);
      return found.shape;
    },
    has: (name) => tensors.has(prefix + name),
    count: (name) => {
      let index = 0;
      while (tensors.has(prefix + name(index))) index++;
      return index;
    },
  };
}
