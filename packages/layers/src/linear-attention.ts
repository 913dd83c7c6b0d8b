import { channelLayerNorm, conv2d } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, channelsOf } from './block.ts';
import {
  type PixelAttentionOptions,
  type PixelAttentionSpec,
  pixelAttentionSpec,
  splitHeads,
} from './pixel-attention.ts';
import { type GainSpec, gainSpec, type WeightsOf } from './weight-spec.ts';

export type LinearAttentionSpec = PixelAttentionSpec & { readonly outNorm: GainSpec };

/**
 * Residual attention whose cost grows with the number of pixels, not its square: queries are a softmax over a head's
 * channels, keys over the pixels, out = q (k^T v) / sqrt(headChannels), normalised after the last map (Shen et al. 2018,
 * arXiv 1812.01243, in the form of lucidrains' networks). x: [B, H, W, C]; returns the same shape.
 */
export function linearAttention(
  x: tf.Tensor4D,
  weights: WeightsOf<LinearAttentionSpec>,
  { heads }: { heads: number },
): tf.Tensor4D {
  const [batch, height, width] = x.shape;
  const pixels = height * width;
  const [q, k, v] = splitHeads(x, weights.norm.weight, weights.qkv.weight);
  const hidden = v.shape[2];
  const size = hidden / heads;
  const apart = (map: tf.Tensor3D, order: number[]): tf.Tensor =>
    tf.transpose(tf.reshape(map, [batch, pixels, heads, size]), order);
  const keys = tf.softmax(apart(k, [0, 2, 3, 1])); // [B, heads, size, H*W]
  const context = tf.matMul(keys, apart(v, [0, 2, 1, 3])); // [B, heads, size, size]
  const queries = tf.mul(tf.softmax(apart(q, [0, 2, 1, 3])), 1 / Math.sqrt(size)); // [B, heads, H*W, size]
  const mixed = tf.transpose(tf.matMul(queries, context), [0, 2, 1, 3]);
  const map = tf.reshape(mixed, [batch, height, width, hidden]) as tf.Tensor4D;
  return tf.add(x, channelLayerNorm(conv2d(map, weights.out.weight, weights.out.bias), weights.outNorm.weight, null));
}

/** {@link linearAttention} as a layer. */
export class LinearAttention extends Block<PixelAttentionOptions, LinearAttentionSpec> {
  static className: string = 'MedsegLinearAttention';

  protected override takes(): number[][] {
    return [[4]];
  }

  protected spec([x]: Shape[]): LinearAttentionSpec {
    const channels = channelsOf(x!, 'LinearAttention');
    return { ...pixelAttentionSpec(channels, this.options), outNorm: gainSpec(channels) };
  }

  protected forward([x]: tf.Tensor[], weights: WeightsOf<LinearAttentionSpec>): tf.Tensor {
    return linearAttention(x as tf.Tensor4D, weights, this.options);
  }

  protected shapeOf([x]: Shape[]): Shape {
    return x!;
  }
}
