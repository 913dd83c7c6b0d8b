import { requireList, requireObject } from '@medseg/arguments';
import { conv2d, dense, requireFloatTensor, requireTensor, silu } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  convSpec,
  type DenseSpec,
  denseSpec,
  type MapSpec,
  type SpecTree,
  type WeightSpec,
  type WeightsOf,
} from './weight-spec.ts';

/** A further block of {@link bandPassFilter}. */
export type BandPassBlockSpec = {
  /** Convolution of the hidden features; a bias would vanish in the norm behind it. */
  readonly conv: MapSpec;
  /** Time embedding to scale and shift of the hidden features. */
  readonly time: DenseSpec;
};

/** The weights of {@link bandPassFilter}. */
export type BandPassFilterSpec = {
  /** From the two frequencies' magnitudes to hidden features; a bias would vanish in the norm behind it. */
  readonly position: {
    /** [2, hidden], or [size, size, 2, hidden] of a convolution that sees the neighbouring pairs too. */
    readonly weight: WeightSpec<tf.Rank.R2> | WeightSpec<tf.Rank.R4>;
  };
  /** Time embedding to scale and shift of the hidden features. */
  readonly time: DenseSpec;
  /** The blocks behind the first, named by their numbers from 1. Default: none. */
  readonly blocks?: { readonly [number: string]: BandPassBlockSpec };
  /** From the hidden features to one value for each pair of frequencies. */
  readonly out: DenseSpec;
};

/**
 * Neural band-pass filter: how much each pair of frequencies passes at a time step (Wu et al. 2023, arXiv 2301.11798,
 * section on the SS-Former). Blocks of a convolution over the map of all pairs, an instance norm whose scale and shift
 * the time gives (AdaIN), and SiLU take the frequencies' magnitudes to features, a linear map to one value. The paper
 * leaves number, size and width of the blocks and the range open: here the weights decide about the former, and the
 * range is that of 2 sigmoid, which with a last map of zeros lets everything pass unchanged at the start.
 * time: [B, D]; returns [B, N, N] for the N = height width frequencies of a map, row after row.
 *
 * @example const filter = bandPassFilter(time, [8, 8], weights); // [B, 64, 64]
 */
export function bandPassFilter(
  time: tf.Tensor,
  size: readonly [number, number],
  weights: WeightsOf<BandPassFilterSpec>,
): tf.Tensor3D {
  requireTensor('bandPassFilter: time', time, '[..., C]');
  requireList('bandPassFilter: size', size);
  const [height, width] = size;
  requireObject('bandPassFilter: weights', weights, ['position', 'time', 'out']);
  requireFloatTensor('bandPassFilter: time', time, '[B, D]');
  const { weight } = weights.position;
  if (weight?.rank === 4) requireFloatTensor('bandPassFilter: position.weight', weight, '[size, size, 2, hidden]');
  else requireFloatTensor('bandPassFilter: position.weight', weight, '[2, hidden]');
  const hidden = weight.shape.at(-1)!;
  const count = height * width;
  return tf.tidy(() => {
    const pairs = magnitudePairs(height, width);
    const first =
      weight.rank === 4 ? conv2d(tf.reshape(pairs, [1, count, count, 2]), weight, null) : dense(pairs, weight, null);
    const h = tf.reshape(first, [-1, hidden]); // [N N, hidden]: the same for every image
    const { mean, variance } = tf.moments(h, 0);
    let rows = modulated(tf.mul(tf.sub(h, mean), tf.rsqrt(tf.add(variance, 1e-5))), time, weights.time, hidden);
    for (const [, block] of Object.entries(weights.blocks ?? {}).sort(([a], [b]) => Number(a) - Number(b))) {
      const map = conv2d(tf.reshape(rows, [-1, count, count, hidden]), block.conv.weight, null);
      const flat = tf.reshape(map, [-1, count * count, hidden]);
      const own = tf.moments(flat, 1, true); // of each image
      const normal = tf.mul(tf.sub(flat, own.mean), tf.rsqrt(tf.add(own.variance, 1e-5)));
      rows = modulated(normal, time, block.time, hidden);
    }
    const all = tf.reshape(rows, [-1, hidden]) as tf.Tensor2D;
    const passed = tf.mul(tf.sigmoid(dense(all, weights.out.weight, weights.out.bias)), 2);
    return tf.reshape(passed, [time.shape[0]!, count, count]);
  });
}

/** Scale and shift by the time, then SiLU: [B, N N, hidden]. */
function modulated(normal: tf.Tensor, time: tf.Tensor, weights: WeightsOf<DenseSpec>, hidden: number): tf.Tensor {
  const embedded = dense(time, weights.weight, weights.bias, { before: 'silu' });
  const [scale, shift] = tf.split(embedded, 2, 1) as [tf.Tensor, tf.Tensor];
  const perImage = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, 1, hidden]);
  return silu(tf.add(tf.mul(normal, tf.add(perImage(scale), 1)), perImage(shift)));
}

/** Magnitudes of every two frequencies, 0 at the mean and 1 at the highest: [N N, 2]. */
function magnitudePairs(height: number, width: number): tf.Tensor2D {
  const part = (index: number, length: number): number => Math.min(index, length - index) / length;
  const magnitudes = Array.from({ length: height * width }, (_, i) =>
    Math.sqrt(2 * (part(Math.floor(i / width), height) ** 2 + part(i % width, width) ** 2)),
  );
  return tf.tensor2d(magnitudes.flatMap((a) => magnitudes.map((b) => [a, b])));
}

/** The spec of a filter for a time embedding of `timeChannels` features: `blocks` convolutions of `size` pairs a side. */
export function bandPassFilterSpec(
  timeChannels: number,
  { hidden, size, blocks }: { hidden: number; size: number; blocks: number },
): BandPassFilterSpec {
  const weight = size === 1 ? denseSpec(2, hidden).weight : convSpec(size, 2, hidden).weight;
  const time = denseSpec(timeChannels, 2 * hidden);
  const block = { conv: { weight: convSpec(size, hidden, hidden).weight }, time };
  const further = Object.fromEntries(Array.from({ length: blocks - 1 }, (_, i) => [String(i + 1), block]));
  return {
    position: { weight },
    time,
    ...(blocks > 1 && { blocks: further satisfies SpecTree }),
    out: denseSpec(hidden, 1, 'zeros'),
  };
}
