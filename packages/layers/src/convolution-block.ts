import { requireObject } from '@medseg/arguments';
import { type CallContext, conv2d, type OptionNames, requireFloatTensor, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { checkRate, dropoutIn } from './dropout.ts';
import { heDeviation } from './highway-gate.ts';
import { requireCounts } from './require-count.ts';
import { type ConvSpec, convSpec, type WeightSpec, type WeightsOf } from './weight-spec.ts';

type VectorSpec = WeightSpec<tf.Rank.R1>;

/** The weights of {@link convolutionBlock}. */
export type ConvolutionBlockSpec = {
  /** The 3x3 convolution. */
  readonly conv: ConvSpec;
  /** The batch normalisation, with the names of PyTorch's BatchNorm2d. */
  readonly norm: {
    /** Scale of each channel. */
    readonly weight: VectorSpec;
    /** Shift of each channel. */
    readonly bias: VectorSpec;
    /** Mean of each channel over the batches of training; not trained. */
    readonly running_mean: VectorSpec;
    /** Variance of each channel over the batches of training; not trained. */
    readonly running_var: VectorSpec;
  };
};

/** Options of {@link ConvolutionBlock}. */
export interface ConvolutionBlockOptions extends BlockOptions {
  /** Channels of the result. */
  channels: number;
  /** Share of the convolution's channels that are dropped in training; by default none. */
  dropout?: number;
}

const optionNames: OptionNames<ConvolutionBlockOptions> = { ...blockOptionNames, channels: true, dropout: true };

const epsilon = 1e-5;
const slope = 0.01;
/** Share of a batch in the running statistics, as PyTorch's default. */
const momentum = 0.1;

/**
 * 3x3 convolution, batch normalisation by the running statistics, leaky ReLU of slope 0.01: the block of nnU-Net in
 * its 2-D batch-norm form (Isensee et al. 2021; Ioffe & Szegedy 2015, algorithm 2). x: [B, H, W, C]; returns
 * [B, H, W, channels].
 */
export function convolutionBlock(x: tf.Tensor, weights: WeightsOf<ConvolutionBlockSpec>): tf.Tensor4D {
  requireTensor('convolutionBlock: x', x, '[..., C]');
  requireObject('convolutionBlock: weights', weights, ['conv', 'norm']);
  const { conv, norm } = weights;
  requireFloatTensor('convolutionBlock: x', x, '[B, H, W, C]');
  const scale = tf.mul(norm.weight, tf.rsqrt(tf.add(norm.running_var, epsilon))) as tf.Tensor1D;
  // The normalisation is linear in the convolution's output, so it folds into the filter.
  const bias = tf.add(tf.mul(tf.sub(conv.bias, norm.running_mean), scale), norm.bias) as tf.Tensor1D;
  return tf.leakyRelu(conv2d(x, tf.mul(conv.weight, scale), bias), slope);
}

/**
 * {@link convolutionBlock} as a layer. Called with `{ training: true }` it normalises by the batch and moves the
 * running statistics by a tenth towards it; where it has dropout, that call needs `random` too.
 */
export class ConvolutionBlock extends Block<ConvolutionBlockOptions, ConvolutionBlockSpec, [4]> {
  static className: string = 'MedsegConvolutionBlock';
  static override optionNames: OptionNames<ConvolutionBlockOptions> = optionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): ConvolutionBlockSpec {
    const { channels, dropout = 0 } = this.options;
    requireCounts('ConvolutionBlock', { channels });
    checkRate('ConvolutionBlock', dropout);
    const from = channelsOf(x, 'ConvolutionBlock');
    const vector = (initial: 'zeros' | 'ones'): VectorSpec => ({ shape: [channels], initial });
    const conv = convSpec(3, from, channels);
    return {
      conv: {
        weight: { shape: conv.weight.shape, initial: { deviation: heDeviation(9 * from, slope) } },
        bias: vector('zeros'),
      },
      norm: {
        weight: vector('ones'),
        bias: vector('zeros'),
        running_mean: { ...vector('zeros'), trainable: false },
        running_var: { ...vector('ones'), trainable: false },
      },
    };
  }

  protected forward([x]: [tf.Tensor4D], weights: WeightsOf<ConvolutionBlockSpec>, context: CallContext): tf.Tensor {
    if (context.training !== true) return convolutionBlock(x, weights);
    const { conv, norm } = weights;
    const rate = this.options.dropout ?? 0;
    const convolved = conv2d(x, conv.weight, conv.bias);
    const h = dropoutIn(context, this.name, convolved, { rate, of: 'channels' });
    const { mean, variance } = tf.moments(h, [0, 1, 2]);
    const count = h.size / h.shape[3];
    this.follow('norm.running_mean', mean);
    this.follow('norm.running_var', tf.mul(variance, count / Math.max(1, count - 1)));
    const scale = tf.mul(norm.weight, tf.rsqrt(tf.add(variance, epsilon)));
    return tf.leakyRelu(tf.add(tf.mul(tf.sub(h, mean), scale), norm.bias), slope);
  }

  /** Moves a running statistic towards the batch's; a value, so no gradient goes through it. */
  private follow(path: string, batch: tf.Tensor): void {
    const variable = this.weights.find((w: LayerVariable) => w.originalName.endsWith(path))!;
    const value = variable.read();
    variable.write(tf.add(tf.mul(value, 1 - momentum), tf.mul(batch, momentum)));
  }

  protected shapeOf([x]: [Shape]): Shape {
    return [...x.slice(0, -1), this.options.channels];
  }
}
