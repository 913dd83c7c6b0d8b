import { requireOptions, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { perSample, requireSameShape } from '../tensors.ts';
import { meanOverPixels, type PixelWeightOptions, requirePixelWeights } from './pixel-weights.ts';

/** Options of {@link mseLoss}. */
export interface MseLossOptions extends PixelWeightOptions {
  /** How much each sample counts, B numbers. Default: all alike. */
  readonly weights?: ArrayLike<number>;
}

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
  if (weights !== undefined && weights.length !== output.shape[0]) {
    throw new RangeError(`mseLoss: needs one weight for each of ${output.shape[0]} samples, got ${weights.length}`);
  }
  return tf.tidy(() => {
    const squares = tf.square(tf.sub(output, target));
    return meanOverPixels(weights === undefined ? squares : tf.mul(squares, perSample(weights)), pixelWeights);
  });
}
