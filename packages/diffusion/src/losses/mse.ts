import { requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { perSample, requireSameShape } from '../tensors.ts';

/**
 * Mean squared error over all elements (Ho et al. 2020, eq. 14), each sample weighted by `weights` if given.
 * output and target: [B, H, W, C]; weights: B numbers, such as those of `minSnrWeights`. Throws RangeError when shapes
 * differ.
 *
 * @example const loss = mseLoss(network(xt, t), noise);
 */
export function mseLoss(
  output: tf.Tensor,
  target: tf.Tensor,
  { weights }: { readonly weights?: ArrayLike<number> } = {},
): tf.Scalar {
  requireTensor('mseLoss: output', output, '[B, H, W, C]');
  requireSameShape('mseLoss: target', target, output);
  if (weights !== undefined && weights.length !== output.shape[0]) {
    throw new RangeError(`mseLoss: needs one weight for each of ${output.shape[0]} samples, got ${weights.length}`);
  }
  return tf.tidy(() => {
    const squares = tf.square(tf.sub(output, target));
    return tf.mean(weights === undefined ? squares : tf.mul(squares, perSample(weights)));
  });
}
