import { requireObject } from '@medseg/arguments';
import { attention, channelLayerNorm, conv2d, type OptionNames, requireFloatTensor, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { requireCounts } from './require-count.ts';
import { type ConvSpec, convSpec, type GainSpec, gainSpec, type MapSpec, type WeightsOf } from './weight-spec.ts';

/** Options of {@link PixelAttention} and {@link LinearAttention}. */
export interface PixelAttentionOptions extends BlockOptions {
  /** Number of heads. */
  heads: number;
  /** Channels of one head; need not divide the channels of the input. */
  headChannels: number;
}

const optionNames: OptionNames<PixelAttentionOptions> = { ...blockOptionNames, heads: true, headChannels: true };

/** The weights of {@link pixelAttention}. */
export type PixelAttentionSpec = {
  /** LayerNorm of the input, without shift. */
  readonly norm: GainSpec;
  /** 1x1 convolution to queries, keys and values, without bias. */
  readonly qkv: MapSpec;
  /** 1x1 convolution back to the channels of the input. */
  readonly out: ConvSpec;
};

/**
 * Residual multi-head attention over the pixels of a feature map after a LayerNorm over channels (Vaswani et al. 2017;
 * heads of a size of their own as in lucidrains' networks). x: [B, H, W, C]; returns the same shape.
 */
export function pixelAttention(
  x: tf.Tensor,
  weights: WeightsOf<PixelAttentionSpec>,
  options: { heads: number },
): tf.Tensor4D {
  requireObject('pixelAttention: options', options, []);
  const { heads } = options;
  requireTensor('pixelAttention: x', x, '[..., C]');
  requireObject('pixelAttention: weights', weights, ['norm', 'qkv', 'out']);
  requireFloatTensor('pixelAttention: x', x, '[B, H, W, C]');
  const [batch, height, width] = x.shape;
  const [q, k, v] = splitHeads(x, weights.norm.weight, weights.qkv.weight);
  const mixed = attention(q, k, v, { heads });
  const map = tf.reshape(mixed, [batch, height, width, mixed.shape[2]]) as tf.Tensor4D;
  return conv2d(map, weights.out.weight, weights.out.bias, { plus: x });
}

/** Normalises pixels and maps them to queries, keys and values, each [B, H*W, heads * headChannels]. */
function splitHeads(x: tf.Tensor4D, norm: tf.Tensor, qkv: tf.Tensor): [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D] {
  const [batch, height, width] = x.shape;
  const mapped = conv2d(channelLayerNorm(x, norm, null), qkv, null);
  const pixels = tf.reshape(mapped, [batch, height * width, mapped.shape[3]]) as tf.Tensor3D;
  return tf.split(pixels, 3, 2) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
}

/** The weights of {@link pixelAttention} for feature maps of `channels`. */
export function pixelAttentionSpec(
  channels: number,
  { heads, headChannels }: { heads: number; headChannels: number },
): PixelAttentionSpec {
  requireCounts('PixelAttention', { heads, headChannels });
  const hidden = heads * headChannels;
  const { weight } = convSpec(1, channels, 3 * hidden);
  return { norm: gainSpec(channels), qkv: { weight }, out: convSpec(1, hidden, channels) };
}

/** {@link pixelAttention} as a layer. */
export class PixelAttention extends Block<PixelAttentionOptions, PixelAttentionSpec, [4]> {
  static className: string = 'MedsegPixelAttention';
  static override optionNames: OptionNames<PixelAttentionOptions> = optionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): PixelAttentionSpec {
    return pixelAttentionSpec(channelsOf(x, 'PixelAttention'), this.options);
  }

  protected forward([x]: [tf.Tensor4D], weights: WeightsOf<PixelAttentionSpec>): tf.Tensor {
    return pixelAttention(x, weights, this.options);
  }

  protected shapeOf([x]: [Shape]): Shape {
    return x;
  }
}
