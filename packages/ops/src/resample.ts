import * as tf from '@tensorflow/tfjs-core';
import { ensureGradient, hasKernel, runKernelSingle } from './fused.ts';
import { requireFloatTensor } from './require-tensor.ts';

// The two operations are each other's transpose up to a factor, so two kernels serve values and gradients.
const upsampleGradient: tf.GradConfig = {
  kernelName: 'MedsegUpsample',
  gradFunc: (dy, _saved, attrs) => ({ x: () => runKernelSingle('MedsegSumPool', { x: dy as tf.Tensor }, attrs) }),
};
const sumPoolGradient: tf.GradConfig = {
  kernelName: 'MedsegSumPool',
  gradFunc: (dy, _saved, attrs) => ({ x: () => runKernelSingle('MedsegUpsample', { x: dy as tf.Tensor }, attrs) }),
};

/**
 * Enlarges by a whole factor, each pixel becoming a square. x: [B, H, W, C]; returns [B, H f, W f, C].
 * Throws RangeError when the factor is not a whole number of at least 1.
 *
 * @example const y = upsampleNearest(x, 2);
 */
export function upsampleNearest(x: tf.Tensor, factor: number): tf.Tensor4D {
  requireFloatTensor('upsampleNearest: x', x, '[B, H, W, C]');
  checkFactor('upsampleNearest', factor);
  if (hasKernel('MedsegUpsample')) {
    ensureGradient(upsampleGradient);
    return runKernelSingle('MedsegUpsample', { x }, { factor, scale: 1 }) as tf.Tensor4D;
  }
  const [b, h, w, c] = x.shape;
  return tf.tidy(() => {
    const wide = tf.tile(tf.reshape(x, [b * h, w, 1, c]), [1, 1, factor, 1]);
    const high = tf.tile(tf.reshape(wide, [b, h, 1, w * factor * c]), [1, 1, factor, 1]);
    return tf.reshape(high, [b, h * factor, w * factor, c]);
  });
}

/**
 * Mean over squares of factor x factor pixels. x: [B, H, W, C]; returns [B, H / f, W / f, C].
 * Throws RangeError when the factor does not divide H and W.
 *
 * @example const y = averagePool(x, 2);
 */
export function averagePool(x: tf.Tensor, factor: number): tf.Tensor4D {
  requireFloatTensor('averagePool: x', x, '[B, H, W, C]');
  checkFactor('averagePool', factor);
  checkDivides('averagePool', x, factor);
  const scale = 1 / (factor * factor);
  if (hasKernel('MedsegSumPool')) {
    ensureGradient(sumPoolGradient);
    return runKernelSingle('MedsegSumPool', { x }, { factor, scale }) as tf.Tensor4D;
  }
  const [b, h, w, c] = x.shape;
  return tf.tidy(() => {
    const low = tf.sum(tf.reshape(x, [b, h / factor, factor, w * c]), 2);
    const narrow = tf.sum(tf.reshape(low, [(b * h) / factor, w / factor, factor, c]), 2);
    return tf.reshape(tf.mul(narrow, scale), [b, h / factor, w / factor, c]);
  });
}

/** Throws unless the factor is a whole number of at least 1. */
export function checkFactor(operation: string, factor: number): void {
  if (!(Number.isInteger(factor) && factor >= 1)) {
    throw new RangeError(`${operation}: the factor must be a whole number of at least 1, got ${factor}`);
  }
}

/** Throws unless the factor divides height and width. */
export function checkDivides(operation: string, x: tf.Tensor4D, factor: number): void {
  const [, h, w] = x.shape;
  if (h % factor !== 0 || w % factor !== 0) {
    throw new RangeError(`${operation}: the factor must divide height and width, got ${factor} for ${h}x${w}`);
  }
}
