import { requireOptions, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { requireNumber } from '../schedule/check.ts';
import { requireSameShape } from '../tensors.ts';
import {
  meanOfSamples,
  meanOverPixels,
  type PixelWeightOptions,
  requirePixelWeights,
  requireSampleWeights,
  type SampleWeightOptions,
  weightedMean,
} from './pixel-weights.ts';

/** Options of {@link calibrationLoss}. */
export interface CalibrationLossOptions extends PixelWeightOptions, SampleWeightOptions {
  /** What the term is multiplied by. Default 10. */
  readonly weight?: number;
}

/**
 * The official MedSegDiff's second term: the mask that the condition branch gives by itself, held against the truth by
 * mean squared error at weight 10 (Wu et al. 2022, released code). calibration: [B, H, W, C] in [0, 1], after its sigmoid;
 * target: the mask in {0, 1}. With `pixelWeights` a sample's mean is a weighted one, with `weights` it is
 * multiplied by the sample's own. Throws RangeError when shapes differ or the weight is below 0.
 *
 * @example const loss = tf.add(hybridLoss(schedule, outputs, x0, noise, xt, t), calibrationLoss(calibration, mask));
 */
export function calibrationLoss(
  calibration: tf.Tensor,
  target: tf.Tensor,
  options: CalibrationLossOptions = {},
): tf.Scalar {
  requireOptions('calibrationLoss', options, { weight: true, pixelWeights: true, weights: true });
  const { weight = 10, pixelWeights, weights } = options;
  requireTensor('calibrationLoss: calibration', calibration, '[B, H, W, C]');
  requireSameShape('calibrationLoss: target', target, calibration);
  requireNumber('calibrationLoss: weight', weight, 0);
  requirePixelWeights('calibrationLoss', pixelWeights, calibration);
  requireSampleWeights('calibrationLoss', weights, calibration);
  return tf.tidy(() => {
    const squares = tf.square(tf.sub(calibration, target));
    const mean = weights
      ? weightedMean(meanOfSamples(squares, pixelWeights), weights)
      : meanOverPixels(squares, pixelWeights);
    return tf.mul(mean, weight);
  });
}
