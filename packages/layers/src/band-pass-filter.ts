import { requireList, requireObject } from '@medseg/arguments';
import { dense, requireFloatTensor, requireTensor, silu } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type DenseSpec, denseSpec, type WeightSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link bandPassFilter}. */
export type BandPassFilterSpec = {
  /** From the two frequencies' magnitudes to hidden features; a bias would vanish in the norm behind it. */
  readonly position: {
    /** [2, hidden]. */
    readonly weight: WeightSpec<tf.Rank.R2>;
  };
  /** Time embedding to scale and shift of the hidden features. */
  readonly time: DenseSpec;
  /** From the hidden features to one value for each pair of frequencies. */
  readonly out: DenseSpec;
};

/**
 * Neural band-pass filter: how much each pair of frequencies passes at a time step (Wu et al. 2023, arXiv 2301.11798,
 * section on the SS-Former). The frequencies' magnitudes go through a linear map, an instance norm whose scale and
 * shift the time gives (AdaIN), an activation and a linear map. The paper leaves widths and range open: here one hidden
 * layer, SiLU, and 2 sigmoid, which with a last map of zeros lets everything pass unchanged at the start.
 * time: [B, D]; returns [B, N, N] for the N = height width frequencies of a map.
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
  requireFloatTensor('bandPassFilter: position.weight', weights.position.weight, '[2, hidden]');
  const hidden = weights.position.weight.shape[1]!;
  const count = height * width;
  return tf.tidy(() => {
    const h = dense(magnitudePairs(height, width), weights.position.weight, null); // [N N, hidden]
    const { mean, variance } = tf.moments(h, 0);
    const normal = tf.mul(tf.sub(h, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    const embedded = dense(time, weights.time.weight, weights.time.bias, { before: 'silu' });
    const [scale, shift] = tf.split(embedded, 2, 1) as [tf.Tensor, tf.Tensor];
    const perImage = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, 1, hidden]);
    const modulated = silu(tf.add(tf.mul(normal, tf.add(perImage(scale), 1)), perImage(shift))); // [B, N N, hidden]
    const rows = tf.reshape(modulated, [-1, hidden]) as tf.Tensor2D;
    const passed = tf.mul(tf.sigmoid(dense(rows, weights.out.weight, weights.out.bias)), 2);
    return tf.reshape(passed, [time.shape[0], count, count]);
  });
}

/** Magnitudes of every two frequencies, 0 at the mean and 1 at the highest: [N N, 2]. */
function magnitudePairs(height: number, width: number): tf.Tensor2D {
  const part = (index: number, length: number): number => Math.min(index, length - index) / length;
  const magnitudes = Array.from({ length: height * width }, (_, i) =>
    Math.sqrt(2 * (part(Math.floor(i / width), height) ** 2 + part(i % width, width) ** 2)),
  );
  return tf.tensor2d(magnitudes.flatMap((a) => magnitudes.map((b) => [a, b])));
}

/** The spec of a filter for a time embedding of `timeChannels` features. */
export function bandPassFilterSpec(timeChannels: number, hidden: number): BandPassFilterSpec {
  return {
    position: { weight: denseSpec(2, hidden).weight },
    time: denseSpec(timeChannels, 2 * hidden),
    out: denseSpec(hidden, 1, 'zeros'),
  };
}
