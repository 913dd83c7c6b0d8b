import { requireObject } from '@medseg/arguments';
import {
  linearAttention as attend,
  channelLayerNorm,
  type OptionNames,
  requireFloatTensor,
  requireTensor,
} from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, channelsOf } from './block.ts';
import {
  PixelAttention,
  type PixelAttentionOptions,
  type PixelAttentionSpec,
  pixelAttentionSpec,
} from './pixel-attention.ts';
import { type GainSpec, gainSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link linearAttention}. */
export type LinearAttentionSpec = PixelAttentionSpec & {
  /** LayerNorm of the result before it is added. */
  readonly outNorm: GainSpec;
};

/**
 * Residual attention whose cost grows with the number of pixels, not its square: queries are a softmax over a head's
 * channels, keys over the pixels, out = q (k^T v) / sqrt(headChannels), normalised after the last map (Shen et al. 2018,
 * arXiv 1812.01243, in the form of lucidrains' networks). x: [B, H, W, C]; returns the same shape.
 */
export function linearAttention(
  x: tf.Tensor,
  weights: WeightsOf<LinearAttentionSpec>,
  options: {
    /** Number of heads; divides the channels of queries, keys and values. */
    heads: number;
  },
): tf.Tensor4D {
  requireObject('linearAttention: options', options, []);
  const { heads } = options;
  requireTensor('linearAttention: x', x, '[..., C]');
  requireObject('linearAttention: weights', weights, ['norm', 'qkv', 'out', 'outNorm']);
  requireFloatTensor('linearAttention: x', x, '[B, H, W, C]');
  requireFloatTensor('linearAttention: out.weight', weights.out.weight, '[1, 1, H, C]');
  const [batch, height, width] = x.shape;
  const channels = x.shape[3];
  const hidden = weights.out.weight.shape[2];
  const pixels = tf.reshape(channelLayerNorm(x, weights.norm.weight, null), [batch, height * width, channels]);
  const qkv = tf.reshape(weights.qkv.weight, [channels, 3 * hidden]) as tf.Tensor2D;
  const out = tf.reshape(weights.out.weight, [hidden, channels]) as tf.Tensor2D;
  const mixed = attend(pixels as tf.Tensor3D, qkv, out, weights.out.bias, { heads });
  const map = tf.reshape(mixed, x.shape) as tf.Tensor4D;
  return tf.add(x, channelLayerNorm(map, weights.outNorm.weight, null));
}

/** {@link linearAttention} as a layer. */
export class LinearAttention extends Block<PixelAttentionOptions, LinearAttentionSpec, [4]> {
  static className: string = 'MedsegLinearAttention';
  static override optionNames: OptionNames<PixelAttentionOptions> = PixelAttention.optionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): LinearAttentionSpec {
    const channels = channelsOf(x, 'LinearAttention');
    return { ...pixelAttentionSpec(channels, this.options), outNorm: gainSpec(channels) };
  }

  protected forward([x]: [tf.Tensor4D], weights: WeightsOf<LinearAttentionSpec>): tf.Tensor {
    return linearAttention(x, weights, this.options);
  }

  protected shapeOf([x]: [Shape]): Shape {
    return x;
  }
}
