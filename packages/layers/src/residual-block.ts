import { conv2d, dense, groupNorm, silu } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, channelsOf } from './block.ts';
import {
  type AffineSpec,
  affineSpec,
  type ConvSpec,
  convSpec,
  type DenseSpec,
  denseSpec,
  type WeightsOf,
} from './weight-spec.ts';

export type ResidualBlockSpec = {
  readonly norm1: AffineSpec;
  readonly conv1: ConvSpec;
  /** Time embedding to scale and shift of the second normalisation. */
  readonly time: DenseSpec | undefined;
  readonly norm2: AffineSpec;
  readonly conv2: ConvSpec;
  /** 1x1 convolution of the shortcut where the channels change. */
  readonly skip: ConvSpec | undefined;
};

export interface ResidualBlockOptions extends BlockOptions {
  channels: number;
  groups: number;
}

/**
 * Pre-activation residual block: GroupNorm, SiLU, 3x3 convolution, GroupNorm with scale and shift from the time
 * embedding, SiLU, 3x3 convolution, plus the (projected) input (Dhariwal & Nichol 2021, section 3; He et al. 2016).
 * x: [B, H, W, C], time: [B, D] or null; returns [B, H, W, channels].
 */
export function residualBlock(
  x: tf.Tensor4D,
  time: tf.Tensor2D | null,
  weights: WeightsOf<ResidualBlockSpec>,
  { groups }: { groups: number },
): tf.Tensor4D {
  const { norm1, conv1, norm2, conv2, skip } = weights;
  let h = groupNorm(x, norm1.weight, norm1.bias, { groups, activation: 'silu' });
  h = conv2d(h, conv1.weight, conv1.bias);
  if (time !== null && weights.time !== undefined) {
    const embedded = dense(silu(time), weights.time.weight, weights.time.bias); // [B, 2 * channels]
    const [scale, shift] = tf.split(embedded, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
    h = groupNorm(h, norm2.weight, norm2.bias, { groups, activation: 'silu', scale, shift });
  } else {
    h = groupNorm(h, norm2.weight, norm2.bias, { groups, activation: 'silu' });
  }
  h = conv2d(h, conv2.weight, conv2.bias);
  return tf.add(h, skip === undefined ? x : conv2d(x, skip.weight, skip.bias));
}

/** {@link residualBlock} as a layer; inputs: x, or x and the time embedding. */
export class ResidualBlock extends Block<ResidualBlockOptions, ResidualBlockSpec> {
  static className: string = 'MedsegResidualBlock';

  protected spec([x, time]: Shape[]): ResidualBlockSpec {
    const { channels, groups } = this.options;
    const from = channelsOf(x!, 'ResidualBlock');
    for (const count of [from, channels]) {
      if (count % groups !== 0) {
        throw new RangeError(
          `ResidualBlock: channels must be a multiple of groups, got ${count} channels in ${groups} groups`,
        );
      }
    }
    return {
      norm1: affineSpec(from),
      conv1: convSpec(3, from, channels),
      time: time === undefined ? undefined : denseSpec(channelsOf(time, 'ResidualBlock'), 2 * channels),
      norm2: affineSpec(channels),
      conv2: convSpec(3, channels, channels),
      skip: from === channels ? undefined : convSpec(1, from, channels),
    };
  }

  protected forward([x, time]: tf.Tensor[], weights: WeightsOf<ResidualBlockSpec>): tf.Tensor {
    return residualBlock(x as tf.Tensor4D, (time as tf.Tensor2D | undefined) ?? null, weights, this.options);
  }

  protected shapeOf([x]: Shape[]): Shape {
    return [...x!.slice(0, -1), this.options.channels];
  }
}
