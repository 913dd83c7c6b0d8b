import { requireOptions, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { perSample, requireSameShape } from '../tensors.ts';
import {
  meanOfSamples,
  meanOverPixels,
  type PixelWeightOptions,
  requirePixelWeights,
  requireSampleWeights,
  type SampleWeightOptions,
} from './pixel-weights.ts';

/** Options of {@link mseLoss}. */
export interface MseLossOptions extends PixelWeightOptions, SampleWeightOptions {}

/**
 * Mean squared error over all elements (Ho et al. 2020, eq. 14), each sample weighted by `weights` if given.
 * output and target: [B, H, W, C], or of any shape where nothing is weighted; weights: B numbers, such as those of
 * `minSnrWeights`. With `pixelWeights` a sample's mean is a weighted one. Throws RangeError when shapes differ.
 *
 * @example const loss = mseLoss(network(xt, t), noise);
 */
export function mseLoss(output: tf.Tensor, target: tf.Tensor, options: MseLossOptions = {}): tf.Scalar {
  requireOptions('mseLoss', options, { weights: true, pixelWeights: true });
  const { weights, pixelWeights } = options;
  const isWeighted = weights !== undefined || pixelWeights !== undefined;
  requireTensor('mseLoss: output', output, isWeighted ? '[B, H, W, C]' : '[..., C]');
  requireSameShape('mseLoss: target', target, output);
  requirePixelWeights('mseLoss', pixelWeights, output);
  requireSampleWeights('mseLoss', weights, output);
  return tf.tidy(() => {
    const squares = tf.square(tf.sub(output, target));
    return meanOverPixels(weights === undefined ? squares : tf.mul(squares, perSample(weights)), pixelWeights);
  });
}

/**
 * The mean squared error of each sample, [B], whose mean {@link mseLoss} is. output and target: [B, H, W, C]. With
 * `pixelWeights` a sample's mean is a weighted one. Throws RangeError when shapes differ.
 *
 * @example const losses = mseLosses(tf.ones([2, 4, 4, 1]), tf.zeros([2, 4, 4, 1])); // of each sample
 */
export function mseLosses(output: tf.Tensor, target: tf.Tensor, options: PixelWeightOptions = {}): tf.Tensor1D {
  requireOptions('mseLosses', options, { pixelWeights: true });
  const { pixelWeights } = options;
  requireTensor('mseLosses: output', output, '[B, H, W, C]');
  requireSameShape('mseLosses: target', target, output);
  requirePixelWeights('mseLosses', pixelWeights, output);
  return tf.tidy(() => meanOfSamples(tf.square(tf.sub(output, target)), pixelWeights));
}
