import * as tf from '@tensorflow/tfjs-core';
import { requireNumber } from '../schedule/check.ts';
import { requireSameShape } from '../tensors.ts';
import { meanOverPixels, type PixelWeightOptions, requirePixelWeights } from './pixel-weights.ts';

/**
 * The official MedSegDiff's second term: the mask that the condition branch gives by itself, held against the truth by
 * mean squared error at weight 10 (Wu et al. 2022, released code). calibration: [B, H, W, C] in [0, 1], after its sigmoid;
 * target: the mask in {0, 1}. With `pixelWeights` a sample's mean is a weighted one. Throws RangeError when shapes differ or
 * the weight is below 0.
 *
 * @example const loss = tf.add(hybridLoss(schedule, outputs, x0, noise, xt, t), calibrationLoss(calibration, mask));
 */
export function calibrationLoss(
  calibration: tf.Tensor4D,
  target: tf.Tensor4D,
  { weight = 10, pixelWeights }: PixelWeightOptions & { readonly weight?: number } = {},
): tf.Scalar {
  requireSameShape('calibrationLoss: target', target, calibration);
  requireNumber('calibrationLoss: weight', weight, 0);
  requirePixelWeights('calibrationLoss', pixelWeights, calibration);
  return tf.tidy(() => tf.mul(meanOverPixels(tf.square(tf.sub(calibration, target)), pixelWeights), weight));
}
