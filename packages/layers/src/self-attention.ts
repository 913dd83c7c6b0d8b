import {
  attention,
  conv2d,
  groupNorm,
  type OptionNames,
  requireFloatTensor,
  requireOneOf,
  requireOptions,
} from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { requireCounts, requireGroups } from './require-count.ts';
import { type AffineSpec, affineSpec, type ConvSpec, convSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link selfAttention}. */
export type SelfAttentionSpec = {
  /** GroupNorm of the input. */
  readonly norm: AffineSpec;
  /** 1x1 convolution to queries, keys and values. */
  readonly qkv: ConvSpec;
  /** 1x1 convolution of what the attention gives. */
  readonly out: ConvSpec;
};

/** What {@link selfAttention} computes. */
export interface SelfAttentionForm {
  /** Number of heads; divides the channels. */
  heads: number;
  /** Groups of the GroupNorm; divides the channels. */
  groups: number;
  /**
   * Order of the 3 C channels of the query-key-value map: all queries, keys, values (default), or each head's query,
   * key and value together, as guided-diffusion's legacy order.
   */
  order?: 'qkv' | 'heads';
}

/** Options of {@link SelfAttention}. */
export interface SelfAttentionOptions extends BlockOptions, SelfAttentionForm {
  /** Start the last projection at zero, so that the layer starts as the identity. Default false. */
  zero?: boolean;
}

const optionNames: OptionNames<SelfAttentionOptions> = {
  ...blockOptionNames,
  heads: true,
  groups: true,
  order: true,
  zero: true,
};

/**
 * Residual multi-head self-attention over the pixels of a feature map, after a GroupNorm (Vaswani et al. 2017;
 * placed as in Ho et al. 2020). x: [B, H, W, C]; returns the same shape.
 */
export function selfAttention(
  x: tf.Tensor,
  weights: WeightsOf<SelfAttentionSpec>,
  form: SelfAttentionForm,
): tf.Tensor4D {
  requireOptions('selfAttention', form, optionNames);
  const { heads, groups, order = 'qkv' } = form;
  requireFloatTensor('selfAttention: x', x, '[B, H, W, C]');
  requireOneOf('selfAttention: order', order, ['qkv', 'heads']);
  const [batch, height, width, channels] = x.shape;
  const h = groupNorm(x, weights.norm.weight, weights.norm.bias, { groups });
  const together = order === 'heads' ? heads : 1;
  const qkv = conv2d(h, weights.qkv.weight, weights.qkv.bias);
  const parts = tf.split(tf.reshape(qkv, [batch * height * width, together, (3 * channels) / together]), 3, 2);
  const [q, k, v] = parts.map((part) => tf.reshape(part, [batch, height * width, channels])) as [
    tf.Tensor3D,
    tf.Tensor3D,
    tf.Tensor3D,
  ];
  const mixed = tf.reshape(attention(q, k, v, { heads }), [batch, height, width, channels]) as tf.Tensor4D;
  return conv2d(mixed, weights.out.weight, weights.out.bias, { plus: x });
}

/** {@link selfAttention} as a layer. */
export class SelfAttention extends Block<SelfAttentionOptions, SelfAttentionSpec, [4]> {
  static className: string = 'MedsegSelfAttention';
  static override optionNames: OptionNames<SelfAttentionOptions> = optionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): SelfAttentionSpec {
    const channels = channelsOf(x, 'SelfAttention');
    const { heads, groups, zero = false } = this.options;
    requireCounts('SelfAttention', { heads });
    if (channels % heads !== 0) {
      throw new RangeError(
        `SelfAttention: channels must be a multiple of heads, got ${channels} channels and ${heads} heads`,
      );
    }
    requireGroups('SelfAttention', channels, groups);
    return {
      norm: affineSpec(channels),
      qkv: convSpec(1, channels, 3 * channels),
      out: zero ? convSpec(1, channels, channels, 'zeros') : convSpec(1, channels, channels),
    };
  }

  protected forward([x]: [tf.Tensor4D], weights: WeightsOf<SelfAttentionSpec>): tf.Tensor {
    return selfAttention(x, weights, this.options);
  }

  protected shapeOf([x]: [Shape]): Shape {
    return x;
  }
}
