import * as tf from '@tensorflow/tfjs-core';
import { requireFloatTensor } from './require-tensor.ts';
import { checkDivides, checkFactor } from './resample.ts';

/**
 * Moves channels into space (Shi et al. 2016, eq. 4), in the channel order of PyTorch's PixelShuffle: input channel
 * c f^2 + i f + j becomes channel c at row offset i, column offset j. x: [B, H, W, C f^2]; returns [B, H f, W f, C].
 * Throws RangeError when f^2 does not divide the channels.
 *
 * @example const y = pixelShuffle(x, 2);
 */
export function pixelShuffle(x: tf.Tensor, factor: number): tf.Tensor4D {
  requireFloatTensor('pixelShuffle: x', x, '[B, H, W, C]');
  checkFactor('pixelShuffle', factor);
  const [b, h, w, channels] = x.shape;
  const c = channels / (factor * factor);
  if (!Number.isInteger(c)) {
    throw new RangeError(`pixelShuffle: factor squared must divide the channels, got ${factor} for ${channels}`);
  }
  return tf.tidy(() => {
    const cells = tf.transpose(tf.reshape(x, [b * h, w, c, factor, factor]), [0, 3, 1, 4, 2]); // [B H, i, W, j, C]
    return tf.reshape(cells, [b, h * factor, w * factor, c]);
  });
}

/**
 * Moves space into channels, the inverse of {@link pixelShuffle} and PyTorch's PixelUnshuffle: row offset i, column
 * offset j of channel c becomes channel c f^2 + i f + j. x: [B, H, W, C]; returns [B, H / f, W / f, C f^2].
 * Throws RangeError when the factor does not divide H and W.
 *
 * @example const y = pixelUnshuffle(x, 2);
 */
export function pixelUnshuffle(x: tf.Tensor, factor: number): tf.Tensor4D {
  requireFloatTensor('pixelUnshuffle: x', x, '[B, H, W, C]');
  checkFactor('pixelUnshuffle', factor);
  checkDivides('pixelUnshuffle', x, factor);
  const [b, h, w, c] = x.shape;
  return tf.tidy(() => {
    const cells = tf.reshape(x, [(b * h) / factor, factor, w / factor, factor, c]);
    return tf.reshape(tf.transpose(cells, [0, 2, 4, 1, 3]), [b, h / factor, w / factor, c * factor * factor]);
  });
}
