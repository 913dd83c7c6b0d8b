import { conv2d, type OptionNames } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { requireCounts } from './require-count.ts';
import { type ConvSpec, convSpec, type WeightSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link Convolution}. */
export type ConvolutionSpec =
  | ConvSpec
  | {
      /** Filter [size, size, from, channels]. */
      readonly weight: WeightSpec<tf.Rank.R4>;
      /** Left out where the option `bias` is false. */
      readonly bias: undefined;
    };

/** Options of {@link Convolution}. */
export interface ConvolutionOptions extends BlockOptions {
  /** Channels of the result. */
  channels: number;
  /** Side of the square kernel; odd. */
  size: number;
  /** Step of the kernel in pixels; by default 1. The borders are padded by (size - 1) / 2 zeros on each side. */
  strides?: number;
  /** False leaves the bias out. Default true. */
  bias?: boolean;
  /** Standard deviation of normal initial weights, the bias then 0; PyTorch's uniform start where left out. */
  deviation?: number;
}

const optionNames: OptionNames<ConvolutionOptions> = {
  ...blockOptionNames,
  channels: true,
  size: true,
  strides: true,
  bias: true,
  deviation: true,
};

/**
 * Square convolution padded with (size - 1) / 2 zeros, as PyTorch's Conv2d(in, channels, size, strides, padding).
 * x: [B, H, W, C]; returns [B, ceil(H / strides), ceil(W / strides), channels]. Throws RangeError where size is even.
 *
 * @example const h = new Convolution({ channels: 8, size: 3, strides: 2 }).on(input);
 */
export class Convolution extends Block<ConvolutionOptions, ConvolutionSpec, [4]> {
  static className: string = 'MedsegConvolution';
  static override optionNames: OptionNames<ConvolutionOptions> = optionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): ConvolutionSpec {
    const { size, channels, strides = 1, bias = true, deviation } = this.options;
    requireCounts('Convolution', { channels, size, strides });
    if (size % 2 !== 1) throw new RangeError(`Convolution: size must be odd, got ${size}`);
    const spec = convSpec(size, channelsOf(x, 'Convolution'), channels);
    const weight = deviation === undefined ? spec.weight : { shape: spec.weight.shape, initial: { deviation } };
    if (!bias) return { weight, bias: undefined };
    return { weight, bias: deviation === undefined ? spec.bias : { shape: [channels], initial: 'zeros' } };
  }

  protected forward([x]: [tf.Tensor4D], weights: WeightsOf<ConvolutionSpec>): tf.Tensor {
    const { size, strides = 1 } = this.options;
    const padding = strides === 1 ? 'same' : (size - 1) / 2;
    return conv2d(x, weights.weight, weights.bias ?? null, { strides, padding });
  }

  protected shapeOf([x]: [Shape]): Shape {
    const [batch, ...size] = x.slice(0, -1);
    const { strides = 1, channels } = this.options;
    return [batch!, ...size.map((n) => (n === null ? null : Math.ceil(n! / strides))), channels];
  }
}
