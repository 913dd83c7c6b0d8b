import type { OptionNames } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { requireNumber } from '../schedule/check.ts';

/** How a predicted x0 is kept in the range of the data. */
export interface LimitOptions {
  /** Clips x0 to ±clipSampleRange. Default true for `ddpm` and `ddim`, false for the others. */
  readonly clipSample?: boolean;
  /** Default 1. */
  readonly clipSampleRange?: number;
  /** Dynamic thresholding instead of clipping (Saharia et al. 2022, section 2.3). Default false. */
  readonly thresholding?: boolean;
  /** The quantile of |x0| in each sample that becomes the threshold. Default 0.995. */
  readonly dynamicThresholdingRatio?: number;
  /** Largest threshold; at 1 thresholding is clipping. Default 1. */
  readonly sampleMaxValue?: number;
}

export const limitOptionNames: OptionNames<LimitOptions> = {
  clipSample: true,
  clipSampleRange: true,
  thresholding: true,
  dynamicThresholdingRatio: true,
  sampleMaxValue: true,
};

/** Whether an x0 without bound becomes a number: clipping does that, a threshold taken from x0 itself does not. */
export function clips({ clipSample = false, thresholding = false }: LimitOptions): boolean {
  return clipSample && !thresholding;
}

/** Checks the options and returns the limiter that they describe; it may return its argument. */
export function limiter(
  name: string,
  {
    clipSample = false,
    clipSampleRange = 1,
    thresholding = false,
    dynamicThresholdingRatio = 0.995,
    sampleMaxValue = 1,
  }: LimitOptions,
): (x0: tf.Tensor4D) => tf.Tensor4D {
  requireNumber(`${name}: clipSampleRange`, clipSampleRange, Number.MIN_VALUE);
  requireNumber(`${name}: dynamicThresholdingRatio`, dynamicThresholdingRatio, 0, 1);
  requireNumber(`${name}: sampleMaxValue`, sampleMaxValue, Number.MIN_VALUE);
  if (thresholding) return (x0) => thresholdSample(x0, dynamicThresholdingRatio, sampleMaxValue);
  if (clipSample) return (x0) => tf.clipByValue(x0, -clipSampleRange, clipSampleRange);
  return (x0) => x0;
}

/** Clips each sample to ±s and divides by s, where s is a quantile of its |x0|, held between 1 and `largest`. */
function thresholdSample(x0: tf.Tensor4D, ratio: number, largest: number): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = x0.shape;
    const size = height * width * channels;
    const magnitude = tf.reshape(tf.abs(x0), [batch, size]);
    const rank = ratio * (size - 1); // linear interpolation between order statistics
    const below = Math.floor(rank);
    const weight = rank - below;
    const { values } = tf.topk(magnitude, size - below); // falling: the last two are ranks below + 1 and below
    const low = tf.slice(values, [0, size - below - 1], [batch, 1]);
    const high = weight === 0 ? low : tf.slice(values, [0, size - below - 2], [batch, 1]);
    const quantile = tf.add(tf.mul(low, 1 - weight), tf.mul(high, weight));
    // min after max: with `largest` below 1 the upper bound wins, as in the reference.
    const s = tf.reshape(tf.minimum(tf.maximum(quantile, 1), largest), [batch, 1, 1, 1]);
    return tf.div<tf.Tensor4D>(tf.minimum(tf.maximum(x0, tf.neg(s)), s), s);
  });
}
