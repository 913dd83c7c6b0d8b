import { conv2d, type OptionNames, pixelUnshuffle, upsampleNearest } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { requireCounts } from './require-count.ts';
import { type ConvSpec, convSpec, type WeightsOf } from './weight-spec.ts';

/** Options of {@link UnshuffleDownsample} and {@link UpsampleConvolution}. */
export interface RescalingOptions extends BlockOptions {
  /** Channels of the result. */
  channels: number;
}

type RescalingSpec = { readonly conv: ConvSpec };

/**
 * Halves height and width without loss: each 2x2 block becomes four times the channels, in PyTorch's order, then a 1x1
 * convolution (Shi et al. 2016, inverse of equation 4). x: [B, H, W, C] of even height and width.
 */
export class UnshuffleDownsample extends Block<RescalingOptions, RescalingSpec, [4]> {
  static className: string = 'MedsegUnshuffleDownsample';
  static override optionNames: OptionNames<RescalingOptions> = { ...blockOptionNames, channels: true };

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): RescalingSpec {
    for (const side of x.slice(1, 3)) {
      if (side !== null && side! % 2 !== 0) {
        throw new RangeError(`UnshuffleDownsample: height and width must be even, got ${x[1]}x${x[2]}`);
      }
    }
    requireCounts('UnshuffleDownsample', { channels: this.options.channels });
    return { conv: convSpec(1, 4 * channelsOf(x, 'UnshuffleDownsample'), this.options.channels) };
  }

  protected forward([x]: [tf.Tensor4D], { conv }: WeightsOf<RescalingSpec>): tf.Tensor {
    return conv2d(pixelUnshuffle(x, 2), conv.weight, conv.bias);
  }

  protected shapeOf([x]: [Shape]): Shape {
    const [batch, height, width] = x;
    return [batch!, height! / 2, width! / 2, this.options.channels];
  }
}

/** Doubles height and width by repeating each pixel, then a 3x3 convolution (Odena et al. 2016). x: [B, H, W, C]. */
export class UpsampleConvolution extends Block<RescalingOptions, RescalingSpec, [4]> {
  static className: string = 'MedsegUpsampleConvolution';
  static override optionNames: OptionNames<RescalingOptions> = { ...blockOptionNames, channels: true };

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): RescalingSpec {
    requireCounts('UpsampleConvolution', { channels: this.options.channels });
    return { conv: convSpec(3, channelsOf(x, 'UpsampleConvolution'), this.options.channels) };
  }

  protected forward([x]: [tf.Tensor4D], { conv }: WeightsOf<RescalingSpec>): tf.Tensor {
    return conv2d(upsampleNearest(x, 2), conv.weight, conv.bias);
  }

  protected shapeOf([x]: [Shape]): Shape {
    const [batch, height, width] = x;
    return [batch!, height! * 2, width! * 2, this.options.channels];
  }
}
