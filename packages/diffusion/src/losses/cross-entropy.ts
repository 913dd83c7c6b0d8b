import { requireOptions, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Activation, withBackground } from '../process/mask-of-logits.ts';
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

/** Options of {@link crossEntropyLoss}. */
export interface CrossEntropyOptions extends PixelWeightOptions, SampleWeightOptions {
  /** How logits become probabilities. Default 'sigmoid'. */
  readonly activation?: Activation;
}

/**
 * Cross-entropy of logits. With `sigmoid`, the binary one of each channel, mean over all elements, in the form that
 * neither overflows nor loses digits: max(z, 0) - z y + log(1 + exp(-|z|)). With `softmax`, that of the classes and a
 * background of logit 0, mean over the pixels: log(1 + sum exp(z)) - sum z y. logits and target: [B, H, W, C], target in
 * [0, 1]. With `pixelWeights` it is the mean over samples of their weighted means, with `weights` each sample's is
 * multiplied by its own. Throws RangeError when shapes differ.
 *
 * @example const loss = crossEntropyLoss(logits, mask);
 */
export function crossEntropyLoss(logits: tf.Tensor, target: tf.Tensor, options: CrossEntropyOptions = {}): tf.Scalar {
  requireOptions('crossEntropyLoss', options, { activation: true, pixelWeights: true, weights: true });
  const { activation = 'sigmoid', pixelWeights, weights } = options;
  requireTensor('crossEntropyLoss: logits', logits, '[B, H, W, C]');
  requireSameShape('crossEntropyLoss: target', target, logits);
  requirePixelWeights('crossEntropyLoss', pixelWeights, logits);
  requireSampleWeights('crossEntropyLoss', weights, logits);
  if (activation === 'softmax' && logits.shape[3] > 1) {
    return tf.tidy(() => {
      const perPixel = tf.sub(tf.logSumExp(withBackground(logits), 3), tf.sum(tf.mul(logits, target), 3));
      if (weights) return weightedMean(meanOfSamples(tf.expandDims(perPixel, 3), pixelWeights), weights);
      return pixelWeights ? meanOverPixels(tf.expandDims(perPixel, 3), pixelWeights) : tf.mean(perPixel);
    });
  }
  return tf.tidy(() => {
    // softplus(z) - z y. relu and exp(-|z|) meet at z = 0, where tfjs's subgradients (0 and 0) would give the wrong
    // slope -y instead of 1/2 - y: the loss has a gradient of its own.
    const elementwise = tf.customGrad((z, y, save) => {
      const [zz, yy] = [z as tf.Tensor4D, y as tf.Tensor4D];
      (save as tf.GradSaveFunc)([zz, yy]);
      const softplus = tf.add(tf.relu(zz), tf.log1p(tf.exp(tf.neg(tf.abs(zz)))));
      return {
        value: tf.sub(softplus, tf.mul(zz, yy)),
        gradFunc: (dy, saved) => {
          const [savedZ, savedY] = saved as [tf.Tensor4D, tf.Tensor4D];
          return [tf.mul(dy, tf.sub(tf.sigmoid(savedZ), savedY)), tf.neg(tf.mul(dy, savedZ))];
        },
      };
    });
    const values = elementwise(logits, target);
    return weights ? weightedMean(meanOfSamples(values, pixelWeights), weights) : meanOverPixels(values, pixelWeights);
  });
}
