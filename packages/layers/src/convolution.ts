import { conv2d } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, channelsOf } from './block.ts';
import { type ConvSpec, convSpec, type WeightsOf } from './weight-spec.ts';

export interface ConvolutionOptions extends BlockOptions {
  channels: number;
  /** Side of the square kernel. */
  size: number;
}

/** Convolution with bias, stride 1, zero padding that keeps the size. x: [B, H, W, C]; returns [B, H, W, channels]. */
export class Convolution extends Block<ConvolutionOptions, ConvSpec> {
  static className: string = 'MedsegConvolution';

  protected spec([x]: Shape[]): ConvSpec {
    return convSpec(this.options.size, channelsOf(x!, 'Convolution'), this.options.channels);
  }

  protected forward([x]: tf.Tensor[], weights: WeightsOf<ConvSpec>): tf.Tensor {
    return conv2d(x as tf.Tensor4D, weights.weight, weights.bias);
  }

  protected shapeOf([x]: Shape[]): Shape {
    return [...x!.slice(0, -1), this.options.channels];
  }
}
