import { requireObject } from '@medseg/arguments';
import {
  conv2d,
  groupNorm,
  type OptionNames,
  replicatePad,
  requireFloatTensor,
  requireOneOf,
  requireTensor,
} from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { requireCounts, requireGroups } from './require-count.ts';
import { type AffineSpec, affineSpec, type ConvSpec, convSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link outputHead}. */
export type OutputHeadSpec = {
  /** GroupNorm of the input. */
  readonly norm: AffineSpec;
  /** 3x3 convolution to the output channels. */
  readonly conv: ConvSpec;
};

/** Options of {@link OutputHead}. */
export interface OutputHeadOptions extends BlockOptions {
  /** Channels of the result. */
  channels: number;
  /** Groups of the GroupNorm; divides the channels of the input. */
  groups: number;
  /**
   * Start the convolution at zero, so that a network which adds the head's output starts as the identity. Default
   * false.
   */
  zero?: boolean;
  /**
   * What lies beyond the border for the convolution: zeros, or copies of the outermost pixels, with which the output's
   * border is like its inside. Default 'zeros'.
   */
  padding?: 'zeros' | 'replicate';
}

const optionNames: OptionNames<OutputHeadOptions> = {
  ...blockOptionNames,
  channels: true,
  groups: true,
  zero: true,
  padding: true,
};

/** GroupNorm, SiLU and a 3x3 convolution to the output channels (Ho et al. 2020). x: [B, H, W, C]. */
export function outputHead(
  x: tf.Tensor,
  weights: WeightsOf<OutputHeadSpec>,
  options: {
    /** Groups of the GroupNorm; divides the channels of x. */
    groups: number;
    /** What lies beyond the border for the convolution. Default 'zeros'. */
    padding?: 'zeros' | 'replicate';
  },
): tf.Tensor4D {
  requireObject('outputHead: options', options, []);
  const { groups, padding = 'zeros' } = options;
  requireTensor('outputHead: x', x, '[..., C]');
  requireObject('outputHead: weights', weights, ['norm', 'conv']);
  requireFloatTensor('outputHead: x', x, '[B, H, W, C]');
  requireOneOf('outputHead: padding', padding, ['zeros', 'replicate']);
  const h = groupNorm(x, weights.norm.weight, weights.norm.bias, { groups, activation: 'silu' });
  if (padding === 'zeros') return conv2d(h, weights.conv.weight, weights.conv.bias);
  return conv2d(replicatePad(h, 1), weights.conv.weight, weights.conv.bias, { padding: 'valid' });
}

/** {@link outputHead} as a layer. */
export class OutputHead extends Block<OutputHeadOptions, OutputHeadSpec, [4]> {
  static className: string = 'MedsegOutputHead';
  static override optionNames: OptionNames<OutputHeadOptions> = optionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): OutputHeadSpec {
    const from = channelsOf(x, 'OutputHead');
    const { channels, groups, zero = false } = this.options;
    requireCounts('OutputHead', { channels });
    requireGroups('OutputHead', from, groups);
    return { norm: affineSpec(from), conv: zero ? convSpec(3, from, channels, 'zeros') : convSpec(3, from, channels) };
  }

  protected forward([x]: [tf.Tensor4D], weights: WeightsOf<OutputHeadSpec>): tf.Tensor {
    return outputHead(x, weights, this.options);
  }

  protected shapeOf([x]: [Shape]): Shape {
    return [...x.slice(0, -1), this.options.channels];
  }
}
