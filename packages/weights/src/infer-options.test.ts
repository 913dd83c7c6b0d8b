import { describe, expect, it } from 'vitest';
import { inferLucidrainsOptions, inferSeedOptions } from './infer-options.ts';
import type { NamedArray } from './safetensors-dtype.ts';

/** Arrays without values: only shapes count. */
const shapes = (all: Record<string, number[]>): Map<string, NamedArray> =>
  new Map(Object.entries(all).map(([name, shape]) => [name, { shape, data: new Float32Array(0) }]));

const lucidrains = {
  'final_conv.weight': [2, 8, 1, 1],
  'cond_init_conv.weight': [8, 3, 7, 7],
  'init_conv.weight': [8, 4, 7, 7],
  'conditioners.0.ff_parser_attn_map': [8, 16, 16],
  'conditioners.1.ff_parser_attn_map': [8, 8, 8],
  'conditioners.0.to_dynamic_ff_parser_attn_map.pos_emb': [8, 4, 4],
  'conditioners.0.to_dynamic_ff_parser_attn_map.transformer.layers.0.0.fn.to_qkv.weight': [60, 8, 1, 1],
  'downs.0.3.1.weight': [8, 32, 1, 1],
  'downs.1.3.weight': [24, 8, 3, 3],
  'downs.0.2.fn.to_qkv.weight': [192, 8, 1, 1],
  'downs.0.2.fn.to_out.0.weight': [8, 64, 1, 1],
  'downs.1.0.block2.proj.weight': [8, 8, 3, 3],
  'ups.0.0.block1.proj.weight': [24, 40, 3, 3],
  'ups.0.0.block2.proj.weight': [24, 24, 3, 3],
};

describe('options of a checkpoint', () => {
  it("are read from the shapes of lucidrains' network", () => {
    expect(inferLucidrainsOptions(shapes(lucidrains), { heads: 2 })).toEqual({
      dim: 8,
      image_size: 16,
      mask_channels: 2,
      input_img_channels: 3,
      dim_mults: [1, 3],
      full_self_attn: [false, true],
      attn_heads: 2,
      attn_dim_head: 32,
      mid_transformer_depth: 0,
      self_condition: true,
      resnet_block_groups: 8,
      skip_connect_condition_fmaps: true,
      dynamic_ff_parser_attn_map: true,
      conditioning_kwargs: { patch_size: 4, dim_head: 5 },
    });
  });

  it('are refused where a weight is missing or the heads do not divide the channels', () => {
    expect(() => inferSeedOptions(shapes({}))).toThrow(/inferSeedOptions: the state dict must hold final_conv.weight/);
    expect(() => inferSeedOptions(shapes({ 'model.final_conv.weight': [1, 8, 1, 1] }))).toThrow(
      /must hold model.mask_initial_conv.weight, got none/,
    );
    expect(() => inferLucidrainsOptions(shapes(lucidrains), { heads: 3 })).toThrow(
      /heads must divide the 64 channels of the attention, got 3/,
    );
  });
});
