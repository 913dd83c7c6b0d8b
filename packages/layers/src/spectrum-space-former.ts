import { requireObject } from '@medseg/arguments';
import {
  channelLayerNorm,
  conv2d,
  dft2d,
  idft2d,
  type OptionNames,
  requireFloatTensor,
  requireTensor,
  silu,
} from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { type BandPassFilterSpec, bandPassFilter, bandPassFilterSpec } from './band-pass-filter.ts';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { requireCounts } from './require-count.ts';
import { requireSameShape } from './require-shape.ts';
import { type AffineSpec, affineSpec, type ConvSpec, convSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link spectrumAttention}. */
export type SpectrumAttentionSpec = {
  /** LayerNorm of x. */
  readonly normQuery: AffineSpec;
  /** LayerNorm of y. */
  readonly normKey: AffineSpec;
  /** 1x1 convolution of x to queries. */
  readonly query: ConvSpec;
  /** 1x1 convolution of y to keys. */
  readonly key: ConvSpec;
  /** 1x1 convolution of y to values. */
  readonly value: ConvSpec;
  /** What passes of the affinity at a time step. */
  readonly filter: BandPassFilterSpec;
  /** 1x1 convolution to twice the channels. */
  readonly mlp1: ConvSpec;
  /** 1x1 convolution back. */
  readonly mlp2: ConvSpec;
};

/** The weights of {@link spectrumSpaceFormer}. */
export type SpectrumSpaceFormerSpec = {
  /** The noise embedding asks, the semantic embedding answers. */
  readonly semantic: SpectrumAttentionSpec;
  /** The other way round. */
  readonly noise: SpectrumAttentionSpec;
};

/** Options of {@link SpectrumSpaceFormer}. */
export interface SpectrumSpaceFormerOptions extends BlockOptions {
  /** Hidden features of the band-pass filters; by default 16. */
  hidden?: number;
  /** Side of the filters' convolutions over the pairs of frequencies; odd. By default 1: each pair for itself. */
  filterSize?: number;
  /** Convolutions of a filter, each with its norm, time and activation. By default 1. */
  filterBlocks?: number;
}

const optionNames: OptionNames<SpectrumSpaceFormerOptions> = {
  ...blockOptionNames,
  hidden: true,
  filterSize: true,
  filterBlocks: true,
};

/**
 * Attention whose affinity is computed and filtered in Fourier space (Wu et al. 2023, arXiv 2301.11798, section on the
 * SS-Former): M = (F(x) Wq) (F(y) Wk)^T, weighed by the neural band-pass filter of the time, back by the inverse
 * transform over both of its axes, applied to y Wv, then an MLP. The paper leaves open the norms before the maps, the
 * scale, the MLP and what becomes of an imaginary part: here channel norms, 1 / (N sqrt(C)) for N pixels, no softmax,
 * twice the channels with SiLU, and the real part. Where the filter passes everything, the affinity is that of the
 * pixels themselves.
 * x, y: [B, H, W, C], time: [B, D]; returns [B, H, W, C].
 */
export function spectrumAttention(
  x: tf.Tensor,
  y: tf.Tensor,
  time: tf.Tensor,
  weights: WeightsOf<SpectrumAttentionSpec>,
): tf.Tensor4D {
  requireFloatTensor('spectrumAttention: x', x, '[B, H, W, C]');
  requireFloatTensor('spectrumAttention: y', y, '[B, H, W, C]');
  requireFloatTensor('spectrumAttention: time', time, '[B, D]');
  requireSameShape('spectrumAttention: y', y, x);
  const [batch, height, width, channels] = x.shape;
  const count = height * width;
  return tf.tidy(() => {
    const asked = channelLayerNorm(x, weights.normQuery.weight, weights.normQuery.bias);
    const answering = channelLayerNorm(y, weights.normKey.weight, weights.normKey.bias);
    const rows = (map: tf.Tensor): tf.Tensor3D => tf.reshape(map, [batch, count, channels]);
    const query = dft2d({ real: conv2d(asked, weights.query.weight, weights.query.bias) });
    const key = dft2d({ real: conv2d(answering, weights.key.weight, weights.key.bias) });
    const [qr, qi, kr, ki] = [query.real, query.imag, key.real, key.imag].map(rows) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
    ];
    const product = (a: tf.Tensor3D, b: tf.Tensor3D): tf.Tensor => tf.matMul(a, b, false, true); // [B, N, N]
    const filter = bandPassFilter(time, [height, width], weights.filter);
    const real = tf.mul(tf.sub(product(qr, kr), product(qi, ki)), filter);
    const imag = tf.mul(tf.add(product(qr, ki), product(qi, kr)), filter);
    const map = (part: tf.Tensor): tf.Tensor4D => tf.reshape(part, [batch, height, width, count]);
    const swap = (part: tf.Tensor): tf.Tensor => tf.transpose(tf.reshape(part, [batch, count, count]), [0, 2, 1]);
    const overQueries = idft2d({ real: map(real), imag: map(imag) });
    const overKeys = idft2d({ real: map(swap(overQueries.real)), imag: map(swap(overQueries.imag)) });
    // A filter of convolutions of one pair is the same for a frequency and its mirror, so nothing imaginary is left; the
    // real part of what a larger one lets pass is that of its mean over mirrored frequencies.
    const affinity = tf.mul(swap(overKeys.real), 1 / (count * Math.sqrt(channels))); // [B, queries, keys]
    const value = rows(conv2d(answering, weights.value.weight, weights.value.bias));
    const mixed = tf.reshape(tf.matMul(affinity, value), x.shape) as tf.Tensor4D;
    const hidden = silu(conv2d(mixed, weights.mlp1.weight, weights.mlp1.bias));
    return conv2d(hidden, weights.mlp2.weight, weights.mlp2.bias);
  });
}

/**
 * A block of the spectrum-space transformer: the noise embedding e asks the semantic embedding c, then the result asks
 * e, each added to the semantic embedding (Wu et al. 2023, section on the SS-Former; the sums are ours).
 * c, e: [B, H, W, C], time: [B, D]; returns the next block's c.
 *
 * @example const next = spectrumSpaceFormer(c, e, time, weights);
 */
export function spectrumSpaceFormer(
  c: tf.Tensor,
  e: tf.Tensor,
  time: tf.Tensor,
  weights: WeightsOf<SpectrumSpaceFormerSpec>,
): tf.Tensor4D {
  requireTensor('spectrumSpaceFormer: c', c, '[..., C]');
  requireTensor('spectrumSpaceFormer: e', e, '[..., C]');
  requireTensor('spectrumSpaceFormer: time', time, '[..., C]');
  requireObject('spectrumSpaceFormer: weights', weights, ['semantic', 'noise']);
  const { semantic, noise } = weights;
  requireFloatTensor('spectrumSpaceFormer: c', c, '[B, H, W, C]');
  requireFloatTensor('spectrumSpaceFormer: e', e, '[B, H, W, C]');
  requireFloatTensor('spectrumSpaceFormer: time', time, '[B, D]');
  const informed = tf.add(c, spectrumAttention(e, c, time, semantic)) as tf.Tensor4D;
  return tf.add(informed, spectrumAttention(informed, e, time, noise));
}

/** {@link spectrumSpaceFormer} as a layer; inputs: c, e, time. */
export class SpectrumSpaceFormer extends Block<SpectrumSpaceFormerOptions, SpectrumSpaceFormerSpec, [4, 4, 2]> {
  static className: string = 'MedsegSpectrumSpaceFormer';
  static override optionNames: OptionNames<SpectrumSpaceFormerOptions> = optionNames;

  protected override takes(): [4, 4, 2][] {
    return [[4, 4, 2]];
  }

  protected spec([c, e, time]: [Shape, Shape, Shape]): SpectrumSpaceFormerSpec {
    if (c.slice(1).join() !== e.slice(1).join()) {
      throw new RangeError(
        `SpectrumSpaceFormer: both embeddings must have one shape, got [${c.slice(1)}] and [${e.slice(1)}]`,
      );
    }
    const channels = channelsOf(c, 'SpectrumSpaceFormer');
    const { hidden = 16, filterSize: size = 1, filterBlocks: blocks = 1 } = this.options;
    requireCounts('SpectrumSpaceFormer', { hidden, filterSize: size, filterBlocks: blocks });
    if (size % 2 !== 1) throw new RangeError(`SpectrumSpaceFormer: filterSize must be odd, got ${size}`);
    const attention = (): SpectrumAttentionSpec => ({
      normQuery: affineSpec(channels),
      normKey: affineSpec(channels),
      query: convSpec(1, channels, channels),
      key: convSpec(1, channels, channels),
      value: convSpec(1, channels, channels),
      filter: bandPassFilterSpec(channelsOf(time, 'SpectrumSpaceFormer'), { hidden, size, blocks }),
      mlp1: convSpec(1, channels, 2 * channels),
      mlp2: convSpec(1, 2 * channels, channels),
    });
    return { semantic: attention(), noise: attention() };
  }

  protected forward(
    [c, e, time]: [tf.Tensor4D, tf.Tensor4D, tf.Tensor2D],
    weights: WeightsOf<SpectrumSpaceFormerSpec>,
  ): tf.Tensor {
    return spectrumSpaceFormer(c, e, time, weights);
  }

  protected shapeOf([c]: [Shape, Shape, Shape]): Shape {
    return c;
  }
}
