import {
  averagePool,
  type CallContext,
  conv2d,
  dense,
  groupNorm,
  type OptionNames,
  requireFloatTensor,
  requireOneOf,
  requireOptions,
  upsampleNearest,
} from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { checkRate, dropoutIn } from './dropout.ts';
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

/** The weights of {@link residualBlock}. */
export type ResidualBlockSpec = {
  /** GroupNorm of the input. */
  readonly norm1: AffineSpec;
  /** First 3x3 convolution, to the channels of the result. */
  readonly conv1: ConvSpec;
  /** Time embedding to scale and shift of the second normalisation, or to what is added before it. */
  readonly time: DenseSpec | undefined;
  /** GroupNorm before the second convolution. */
  readonly norm2: AffineSpec;
  /** Second 3x3 convolution. */
  readonly conv2: ConvSpec;
  /** 1x1 convolution of the shortcut where the channels change. */
  readonly skip: ConvSpec | undefined;
};

/** What {@link residualBlock} computes. */
export interface ResidualBlockForm {
  /** Groups of both GroupNorms; divides the channels before and after. */
  groups: number;
  /** How the time enters: scale and shift of the second normalisation (default), or a sum before it. */
  time?: 'scale-shift' | 'add';
  /**
   * Doubles height and width by repeating pixels, or halves them by means, before the first convolution. Default: the
   * size stays.
   */
  resample?: 'up' | 'down';
}

/** Options of {@link ResidualBlock}. */
export interface ResidualBlockOptions extends BlockOptions, ResidualBlockForm {
  /** Channels of the result. */
  channels: number;
  /** Start the second convolution at zero, so that the block starts as its shortcut. Default false. */
  zero?: boolean;
  /** Share of the values before the second convolution that are dropped in training; by default none. */
  dropout?: number;
}

const optionNames: OptionNames<ResidualBlockOptions> = {
  ...blockOptionNames,
  groups: true,
  time: true,
  resample: true,
  channels: true,
  zero: true,
  dropout: true,
};

/**
 * Pre-activation residual block: GroupNorm, SiLU, 3x3 convolution, GroupNorm with scale and shift from the time
 * embedding, SiLU, 3x3 convolution, plus the (projected) input (Dhariwal & Nichol 2021, section 3; He et al. 2016).
 * `resample` is BigGAN's up- or downsampling inside the block (Song et al. 2020, arXiv 2011.13456, appendix H).
 * x: [B, H, W, C], time: [B, D] or null; returns [B, H', W', channels]. `drop` is called with what goes into the second
 * convolution.
 */
export function residualBlock(
  x: tf.Tensor,
  time: tf.Tensor | null,
  weights: WeightsOf<ResidualBlockSpec>,
  form: ResidualBlockForm,
  drop: (h: tf.Tensor4D) => tf.Tensor = (h) => h,
): tf.Tensor4D {
  requireOptions('residualBlock', form, optionNames);
  const { groups, time: mode = 'scale-shift', resample } = form;
  requireFloatTensor('residualBlock: x', x, '[B, H, W, C]');
  if (time) requireFloatTensor('residualBlock: time', time, '[B, D]');
  requireOneOf('residualBlock: time', mode, ['scale-shift', 'add']);
  if (resample !== undefined) requireOneOf('residualBlock: resample', resample, ['up', 'down']);
  const { norm1, conv1, norm2, conv2, skip } = weights;
  const embedded =
    time !== null && weights.time !== undefined
      ? dense(time, weights.time.weight, weights.time.bias, { before: 'silu' })
      : undefined;
  let h = groupNorm(x, norm1.weight, norm1.bias, { groups, activation: 'silu' });
  const offset = mode === 'add' ? embedded : undefined;
  h = conv2d(resampled(h, resample), conv1.weight, conv1.bias, { offset });
  if (embedded !== undefined && mode === 'scale-shift') {
    const [scale, shift] = tf.split(embedded, 2, 1) as [tf.Tensor2D, tf.Tensor2D]; // from [B, 2 * channels]
    h = groupNorm(h, norm2.weight, norm2.bias, { groups, activation: 'silu', scale, shift });
  } else {
    h = groupNorm(h, norm2.weight, norm2.bias, { groups, activation: 'silu' });
  }
  const shortcut = resampled(x, resample);
  const plus = skip === undefined ? shortcut : conv2d(shortcut, skip.weight, skip.bias);
  return conv2d(drop(h), conv2.weight, conv2.bias, { plus });
}

function resampled(x: tf.Tensor4D, direction: 'up' | 'down' | undefined): tf.Tensor4D {
  if (direction === undefined) return x;
  return direction === 'up' ? upsampleNearest(x, 2) : averagePool(x, 2);
}

/** {@link residualBlock} as a layer; inputs: x, or x and the time embedding. */
export class ResidualBlock extends Block<ResidualBlockOptions, ResidualBlockSpec, [4, 2?]> {
  static className: string = 'MedsegResidualBlock';
  static override optionNames: OptionNames<ResidualBlockOptions> = optionNames;

  protected override takes(): [4, 2?][] {
    return [[4], [4, 2]];
  }

  protected spec([x, time]: [Shape, Shape?]): ResidualBlockSpec {
    const { channels, groups, time: mode = 'scale-shift', resample, zero = false, dropout = 0 } = this.options;
    requireCounts('ResidualBlock', { channels });
    checkRate('ResidualBlock', dropout);
    const from = channelsOf(x, 'ResidualBlock');
    if (resample === 'down' && (x[1]! % 2 !== 0 || x[2]! % 2 !== 0)) {
      throw new RangeError(`ResidualBlock: height and width must be even to be halved, got ${x[1]}x${x[2]}`);
    }
    const timeChannels = mode === 'add' ? channels : 2 * channels;
    for (const count of [from, channels]) requireGroups('ResidualBlock', count, groups);
    return {
      norm1: affineSpec(from),
      conv1: convSpec(3, from, channels),
      time: time === undefined ? undefined : denseSpec(channelsOf(time, 'ResidualBlock'), timeChannels),
      norm2: affineSpec(channels),
      conv2: zero ? convSpec(3, channels, channels, 'zeros') : convSpec(3, channels, channels),
      skip: from === channels ? undefined : convSpec(1, from, channels),
    };
  }

  protected forward(
    [x, time]: [tf.Tensor4D, tf.Tensor2D?],
    weights: WeightsOf<ResidualBlockSpec>,
    context: CallContext,
  ): tf.Tensor {
    const drop = (h: tf.Tensor4D): tf.Tensor4D => dropoutIn(context, this.name, h, { rate: this.options.dropout ?? 0 });
    return residualBlock(x, time ?? null, weights, this.options, drop);
  }

  protected shapeOf([x]: [Shape, Shape?]): Shape {
    const { channels, resample } = this.options;
    const factor = resample === 'up' ? 2 : resample === 'down' ? 0.5 : 1;
    const [batch, height, width] = x;
    return [batch!, height! * factor, width! * factor, channels];
  }
}
