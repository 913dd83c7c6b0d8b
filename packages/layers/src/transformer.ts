import { requireObject } from '@medseg/arguments';
import { channelLayerNorm, conv2d, type OptionNames, requireFloatTensor, requireTensor } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, blockOptionNames, channelsOf } from './block.ts';
import { gelu } from './gelu.ts';
import {
  type PixelAttentionOptions,
  type PixelAttentionSpec,
  pixelAttention,
  pixelAttentionSpec,
} from './pixel-attention.ts';
import { type ConvSpec, convSpec, type GainSpec, gainSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link feedForward}. */
export type FeedForwardSpec = {
  /** LayerNorm of the input, without shift. */
  readonly norm: GainSpec;
  /** 1x1 convolution to four times the channels. */
  readonly conv1: ConvSpec;
  /** 1x1 convolution back. */
  readonly conv2: ConvSpec;
};
type TransformerLayerSpec = { readonly attention: PixelAttentionSpec; readonly feedForward: FeedForwardSpec };

/** One entry a layer, by its number. */
export type TransformerSpec = { readonly [layer: string]: TransformerLayerSpec };

/** Options of {@link Transformer}. */
export interface TransformerOptions extends PixelAttentionOptions {
  /** Number of layers. */
  depth: number;
}

const optionNames: OptionNames<TransformerOptions> = {
  ...blockOptionNames,
  heads: true,
  headChannels: true,
  depth: true,
};

/**
 * Residual feed-forward of each pixel: LayerNorm over channels, linear to four times the channels, GELU, linear back
 * (Vaswani et al. 2017, section 3.3). x: [B, H, W, C]; returns the same shape.
 */
export function feedForward(x: tf.Tensor, weights: WeightsOf<FeedForwardSpec>): tf.Tensor4D {
  requireTensor('feedForward: x', x, '[..., C]');
  requireObject('feedForward: weights', weights, ['norm', 'conv1', 'conv2']);
  const { norm, conv1, conv2 } = weights;
  requireFloatTensor('feedForward: x', x, '[B, H, W, C]');
  const hidden = gelu(conv2d(channelLayerNorm(x, norm.weight, null), conv1.weight, conv1.bias));
  return conv2d(hidden, conv2.weight, conv2.bias, { plus: x });
}

/**
 * Pre-norm transformer over the pixels of a feature map: {@link pixelAttention} and {@link feedForward} by turns
 * (Vaswani et al. 2017). x: [B, H, W, C]; returns the same shape.
 */
export function transformer(
  x: tf.Tensor,
  weights: WeightsOf<TransformerSpec>,
  options: {
    /** Number of heads; divides the channels of the queries. */
    heads: number;
  },
): tf.Tensor4D {
  requireFloatTensor('transformer: x', x, '[B, H, W, C]');
  return Object.values(weights).reduce<tf.Tensor4D>(
    (h, layer) => feedForward(pixelAttention(h, layer.attention, options), layer.feedForward),
    x,
  );
}

/** The weights of {@link transformer} for feature maps of `channels`. */
export function transformerSpec(
  channels: number,
  { depth, ...attention }: { heads: number; headChannels: number; depth: number },
): TransformerSpec {
  if (!Number.isInteger(depth) || depth < 0) {
    throw new RangeError(`Transformer: depth must be a whole number, got ${depth}`);
  }
  const layer = (): TransformerLayerSpec => ({
    attention: pixelAttentionSpec(channels, attention),
    feedForward: {
      norm: gainSpec(channels),
      conv1: convSpec(1, channels, 4 * channels),
      conv2: convSpec(1, 4 * channels, channels),
    },
  });
  return Object.fromEntries(Array.from({ length: depth }, (_, i) => [String(i), layer()]));
}

/** {@link transformer} as a layer. */
export class Transformer extends Block<TransformerOptions, { readonly layers: TransformerSpec }, [4]> {
  static className: string = 'MedsegTransformer';
  static override optionNames: OptionNames<TransformerOptions> = optionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): { readonly layers: TransformerSpec } {
    // Not the numbers alone: tfjs takes a model whose first weight's name begins with a digit for another format.
    return { layers: transformerSpec(channelsOf(x, 'Transformer'), this.options) };
  }

  protected forward([x]: [tf.Tensor4D], { layers }: WeightsOf<{ readonly layers: TransformerSpec }>): tf.Tensor {
    return transformer(x, layers, this.options);
  }

  protected shapeOf([x]: [Shape]): Shape {
    return x;
  }
}
