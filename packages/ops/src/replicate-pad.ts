import * as tf from '@tensorflow/tfjs-core';
import { requireFloatTensor } from './require-tensor.ts';

/**
 * Pads height and width by `border` pixels on each side with copies of the outermost pixels, as PyTorch's
 * ReplicationPad2d. x: [B, H, W, C]; returns [B, H + 2 border, W + 2 border, C]. Throws RangeError when the border is not
 * a whole number of at least 0.
 *
 * @example const y = conv2d(replicatePad(x, 1), filter, bias, { padding: 'valid' });
 */
export function replicatePad(x: tf.Tensor, border: number): tf.Tensor4D {
  requireFloatTensor('replicatePad: x', x, '[B, H, W, C]');
  if (!(Number.isInteger(border) && border >= 0)) {
    throw new RangeError(`replicatePad: the border must be a whole number of at least 0, got ${border}`);
  }
  if (border === 0) return tf.clone(x);
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape;
    const row = (at: number): tf.Tensor4D[] =>
      Array(border).fill(tf.slice(x, [0, at, 0, 0], [batch, 1, width, channels]));
    const tall = tf.concat([...row(0), x, ...row(height - 1)], 1);
    const column = (at: number): tf.Tensor4D[] =>
      Array(border).fill(tf.slice(tall, [0, 0, at, 0], [batch, height + 2 * border, 1, channels]));
    return tf.concat([...column(0), tall, ...column(width - 1)], 2);
  });
}
