import { requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { perSample, requireSameShape } from '../tensors.ts';

/**
 * A point on the straight path from image to noise: (1 - sigma) x0 + sigma noise (Liu et al. 2022, eq. 1).
 * x0 and noise: [B, H, W, C]; sigma: B numbers in [0, 1]. Throws RangeError otherwise.
 *
 * @example const xt = flowInterpolate(x0, noise, [0.25, 0.7]);
 */
export function flowInterpolate(x0: tf.Tensor, noise: tf.Tensor, sigma: ArrayLike<number>): tf.Tensor4D {
  requireTensor('flowInterpolate: x0', x0, '[B, H, W, C]');
  requireSameShape('flowInterpolate: noise', noise, x0);
  if (sigma.length !== x0.shape[0]) {
    throw new RangeError(`flowInterpolate: needs one sigma for each of ${x0.shape[0]} samples, got ${sigma.length}`);
  }
  const levels = Float64Array.from(sigma);
  for (const level of levels) {
    if (!(level >= 0 && level <= 1)) throw new RangeError(`flowInterpolate: sigma must be from 0 to 1, got ${level}`);
  }
  return tf.tidy(() => tf.add(tf.mul(x0, perSample(levels.map((s) => 1 - s))), tf.mul(noise, perSample(levels))));
}

/**
 * What a flow-matching network is trained to return: noise - x0, the path's direction (Lipman et al. 2022, Liu et al.
 * 2022). Throws RangeError when shapes differ.
 *
 * @example const loss = mseLoss(network(xt, sigma), flowTarget(x0, noise));
 */
export function flowTarget(x0: tf.Tensor, noise: tf.Tensor): tf.Tensor4D {
  requireTensor('flowTarget: x0', x0, '[B, H, W, C]');
  requireSameShape('flowTarget: noise', noise, x0);
  return tf.sub(noise, x0);
}
