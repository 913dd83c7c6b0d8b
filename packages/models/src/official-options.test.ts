import { describe, expect, it } from 'vitest';
import { officialOptions } from './official-options.ts';

describe('officialOptions', () => {
  it("reads upstream's options", () => {
    const config = officialOptions({
      version: 'new',
      image_size: 64,
      in_channels: 4,
      model_channels: 128,
      out_channels: 2,
      num_res_blocks: 2,
      attention_resolutions: [4, 8],
      channel_mult: [1, 2, 3],
      num_heads: 4,
      num_head_channels: -1,
      num_heads_upsample: 2,
      num_classes: null,
      use_scale_shift_norm: true,
      resblock_updown: false,
      use_new_attention_order: true,
      conv_resample: false,
      dropout: 0.1,
      dims: 2,
    });
    expect(config).toEqual({
      imageSize: [64, 64],
      imageChannels: 3,
      channels: 128,
      outChannels: 2,
      blocks: 2,
      attentionReductions: [4, 8],
      multipliers: [1, 2, 3],
      dropout: 0.1,
      heads: 4,
      upHeads: 2,
      scaleShift: true,
      resamplingBlocks: false,
      newAttentionOrder: true,
      resamplingConvolutions: false,
    });
  });

  it.each([
    [{ image_siz: 64 }, /image_siz is not an option of the official networks, got 64/],
    [{ dims: 3 }, /dims must be 2, got 3/],
    [{ num_heads: 'four' }, /num_heads must be a number, got "four"/],
    [{ channel_mult: '1,2' }, /channel_mult must be a list of numbers, got "1,2"/],
    [{ resblock_updown: 1 }, /resblock_updown must be true or false, got 1/],
  ])('refuses %j', (options, rule) => {
    expect(() => officialOptions(options)).toThrow(rule);
  });
});
