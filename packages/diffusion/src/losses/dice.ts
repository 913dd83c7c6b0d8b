import { requireOptions, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Activation, probabilityOfLogits } from '../process/mask-of-logits.ts';
import { requireNumber } from '../schedule/check.ts';
import { requireSameShape } from '../tensors.ts';
import {
  type PixelWeightOptions,
  requirePixelWeights,
  requireSampleWeights,
  type SampleWeightOptions,
  weightedMean,
} from './pixel-weights.ts';

/** Options of {@link diceLoss}. */
export interface DiceLossOptions extends PixelWeightOptions, SampleWeightOptions {
  /** Added above and below the fraction, so that an empty mask found empty costs nothing. Default 1. */
  readonly smooth?: number;
  /** Sums over the batch before dividing, steadier where masks are small or empty. Default false: each sample alone. */
  readonly overBatch?: boolean;
  /** How logits become probabilities. Default 'sigmoid'. */
  readonly activation?: Activation;
}

/**
 * Soft Dice loss of logits: 1 - (2 sum(p y) + s) / (sum(p) + sum(y) + s), p the probability of the logits (Milletari et al. 2016,
 * with plain sums below), for each sample and channel, then the mean. logits and target: [B, H, W, C], target in [0, 1].
 * With `pixelWeights` each sum is a weighted one, with `weights` each sample's loss is multiplied by its own. Throws RangeError
 * when shapes differ, `smooth` is not above 0, or `weights` meet `overBatch`.
 *
 * @example const loss = tf.add(diceLoss(logits, mask), crossEntropyLoss(logits, mask));
 */
export function diceLoss(logits: tf.Tensor, target: tf.Tensor, options: DiceLossOptions = {}): tf.Scalar {
  requireOptions('diceLoss', options, {
    smooth: true,
    overBatch: true,
    activation: true,
    pixelWeights: true,
    weights: true,
  });
  const { smooth = 1, overBatch = false, activation = 'sigmoid', pixelWeights, weights } = options;
  requireTensor('diceLoss: logits', logits, '[B, H, W, C]');
  requireSameShape('diceLoss: target', target, logits);
  requirePixelWeights('diceLoss', pixelWeights, logits);
  requireNumber('diceLoss: smooth', smooth, Number.MIN_VALUE);
  requireSampleWeights('diceLoss', weights, logits);
  if (overBatch && weights) {
    throw new RangeError('diceLoss: weights need overBatch false: a batch as a whole has no samples to weigh');
  }
  const axes = overBatch ? [0, 1, 2] : [1, 2];
  return tf.tidy(() => {
    const probability = probabilityOfLogits(logits, activation);
    const counted = (values: tf.Tensor4D): tf.Tensor4D => (pixelWeights ? tf.mul(values, pixelWeights) : values);
    const truth = counted(target);
    const overlap = tf.sum(tf.mul(probability, truth), axes);
    const total = tf.add(tf.sum(counted(probability), axes), tf.sum(truth, axes));
    const losses = tf.sub(1, tf.div(tf.add(tf.mul(overlap, 2), smooth), tf.add(total, smooth)));
    return weights ? weightedMean(tf.mean(losses, 1), weights) : tf.mean(losses);
  });
}
