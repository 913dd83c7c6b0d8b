import { requireObject } from '@medseg/arguments';
import { conv2d, dense, groupNorm, type OptionNames, requireFloatTensor, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { requireCounts, requireGroups } from './require-count.ts';
import {
  type AffineSpec,
  affineSpec,
  type ConvSpec,
  convSpec,
  type DenseSpec,
  denseSpec,
  type WeightsOf,
} from './weight-spec.ts';

/** The weights of {@link scaleShiftBlock}. */
export type ScaleShiftBlockSpec = {
  /** Time embedding to scale and shift of the first normalisation. */
  readonly time: DenseSpec | undefined;
  /** First 3x3 convolution, to the channels of the result. */
  readonly conv1: ConvSpec;
  /** GroupNorm behind it, which the time scales and shifts. */
  readonly norm1: AffineSpec;
  /** Second 3x3 convolution. */
  readonly conv2: ConvSpec;
  /** GroupNorm behind it. */
  readonly norm2: AffineSpec;
  /** 1x1 convolution of the shortcut where the channels change. */
  readonly skip: ConvSpec | undefined;
};

/** Options of {@link ScaleShiftBlock}. */
export interface ScaleShiftBlockOptions extends BlockOptions {
  /** Channels of the result. */
  channels: number;
  /** Groups of both GroupNorms; divides the channels. */
  groups: number;
}

const optionNames: OptionNames<ScaleShiftBlockOptions> = { ...blockOptionNames, channels: true, groups: true };

/**
 * Post-activation residual block: 3x3 convolution, GroupNorm, SiLU, twice, plus the (projected) input; the time
 * embedding scales and shifts the first normalisation (the residual block of Ho et al. 2020 with the scale-shift norm
 * of Nichol & Dhariwal 2021, in the order of lucidrains' networks). x: [B, H, W, C], time: [B, D] or null; returns
 * [B, H, W, channels].
 */
export function scaleShiftBlock(
  x: tf.Tensor,
  time: tf.Tensor | null,
  weights: WeightsOf<ScaleShiftBlockSpec>,
  options: {
    /** Groups of both GroupNorms; divides the channels. */
    groups: number;
  },
): tf.Tensor4D {
  requireObject('scaleShiftBlock: options', options, []);
  const { groups } = options;
  requireTensor('scaleShiftBlock: x', x, '[..., C]');
  requireObject('scaleShiftBlock: weights', weights, ['conv1', 'norm1', 'conv2', 'norm2']);
  requireFloatTensor('scaleShiftBlock: x', x, '[B, H, W, C]');
  if (time) requireFloatTensor('scaleShiftBlock: time', time, '[B, D]');
  const { conv1, norm1, conv2, norm2, skip } = weights;
  let h = conv2d(x, conv1.weight, conv1.bias);
  if (time !== null && weights.time !== undefined) {
    const embedded = dense(time, weights.time.weight, weights.time.bias, { before: 'silu' }); // [B, 2 * channels]
    const [scale, shift] = tf.split(embedded, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
    h = groupNorm(h, norm1.weight, norm1.bias, { groups, activation: 'silu', scale, shift });
  } else {
    h = groupNorm(h, norm1.weight, norm1.bias, { groups, activation: 'silu' });
  }
  h = conv2d(h, conv2.weight, conv2.bias);
  h = groupNorm(h, norm2.weight, norm2.bias, { groups, activation: 'silu' });
  return skip === undefined ? tf.add(h, x) : conv2d(x, skip.weight, skip.bias, { plus: h });
}

/** {@link scaleShiftBlock} as a layer; inputs: x, or x and the time embedding. */
export class ScaleShiftBlock extends Block<ScaleShiftBlockOptions, ScaleShiftBlockSpec, [4, 2?]> {
  static className: string = 'MedsegScaleShiftBlock';
  static override optionNames: OptionNames<ScaleShiftBlockOptions> = optionNames;

  protected override takes(): [4, 2?][] {
    return [[4], [4, 2]];
  }

  protected spec([x, time]: [Shape, Shape?]): ScaleShiftBlockSpec {
    const { channels, groups } = this.options;
    const from = channelsOf(x, 'ScaleShiftBlock');
    requireCounts('ScaleShiftBlock', { channels });
    requireGroups('ScaleShiftBlock', channels, groups);
    return {
      time: time === undefined ? undefined : denseSpec(channelsOf(time, 'ScaleShiftBlock'), 2 * channels),
      conv1: convSpec(3, from, channels),
      norm1: affineSpec(channels),
      conv2: convSpec(3, channels, channels),
      norm2: affineSpec(channels),
      skip: from === channels ? undefined : convSpec(1, from, channels),
    };
  }

  protected forward([x, time]: [tf.Tensor4D, tf.Tensor2D?], weights: WeightsOf<ScaleShiftBlockSpec>): tf.Tensor {
    return scaleShiftBlock(x, time ?? null, weights, this.options);
  }

  protected shapeOf([x]: [Shape, Shape?]): Shape {
    return [...x.slice(0, -1), this.options.channels];
  }
}
