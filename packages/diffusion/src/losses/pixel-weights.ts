import { requireList } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';

/** Option of the losses of pixels. */
export interface PixelWeightOptions {
  /**
   * How much each pixel counts, [B, H, W, 1] in [0, 1]; 0 leaves a pixel out of the loss and of its gradient. A sample
   * without a pixel that counts has the loss 0. Default: all pixels count alike.
   */
  readonly pixelWeights?: tf.Tensor4D | undefined;
}

/** Option of the losses of samples. */
export interface SampleWeightOptions {
  /** How much each sample counts, B numbers: each sample's loss is multiplied by its own before the mean. Default: all alike. */
  readonly weights?: ArrayLike<number> | undefined;
}

/** Throws RangeError unless weights are one per sample of a tensor [B, ...]. */
export function requireSampleWeights(what: string, weights: ArrayLike<number> | undefined, { shape }: tf.Tensor): void {
  if (weights === undefined) return;
  requireList(`${what}: weights`, weights);
  if (weights.length === shape[0]) return;
  throw new RangeError(`${what}: needs one weight for each of ${shape[0]} samples, got ${weights.length}`);
}

/** The mean of the losses of samples, [B], each times its weight. */
export function weightedMean(losses: tf.Tensor, weights: ArrayLike<number>): tf.Scalar {
  return tf.tidy(() => tf.mean(tf.mul(losses, tf.tensor1d(Float32Array.from(weights)))));
}

/**
 * The mean over samples of each sample's weighted mean over its pixels and channels, so that a batch's mean is that of
 * its parts. values: [B, H, W, C]. Without weights the plain mean.
 */
export function meanOverPixels(values: tf.Tensor, pixelWeights: tf.Tensor4D | undefined): tf.Scalar {
  return pixelWeights === undefined ? tf.mean(values) : tf.tidy(() => tf.mean(meanOfSamples(values, pixelWeights)));
}

/** Each sample's mean over its pixels and channels, [B]. values: [B, H, W, C]. */
export function meanOfSamples(values: tf.Tensor, pixelWeights: tf.Tensor4D | undefined): tf.Tensor1D {
  if (pixelWeights === undefined) return tf.mean(values, [1, 2, 3]);
  return tf.tidy(() => {
    const sums = tf.sum(tf.mul(values, pixelWeights), [1, 2, 3]);
    const counted = tf.mul(tf.sum(pixelWeights, [1, 2, 3]), values.shape[3]!);
    return tf.div<tf.Tensor1D>(sums, tf.maximum(counted, SMALLEST));
  });
}

/** Less than any weight of a pixel: what a sample is divided by of which no pixel counts. */
const SMALLEST = 1e-12;

/** Throws RangeError unless weights are one per pixel of a tensor [B, H, W, C]. */
export function requirePixelWeights(what: string, weights: tf.Tensor | undefined, { shape }: tf.Tensor): void {
  if (weights === undefined) return;
  const wanted = [...shape.slice(0, 3), 1];
  if (weights.shape.length !== 4 || weights.shape.some((side, i) => side !== wanted[i]))
    throw new RangeError(`${what}: pixelWeights must have the shape [${wanted}], got [${weights.shape}]`);
}
