import { kindOf } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';

/** The tensor that axes such as `[B, H, W, C]` describe: of as many axes as are named; `[..., C]` of any. */
export type TensorOfAxes<Axes extends string> = Axes extends `[..., ${string}]`
  ? tf.Tensor
  : Axes extends `[${string}, ${string}, ${string}, ${string}, ${string}]`
    ? tf.Tensor5D
    : Axes extends `[${string}, ${string}, ${string}, ${string}]`
      ? tf.Tensor4D
      : Axes extends `[${string}, ${string}, ${string}]`
        ? tf.Tensor3D
        : Axes extends `[${string}, ${string}]`
          ? tf.Tensor2D
          : tf.Tensor1D;

/**
 * Makes sure that a value is a tensor that is not disposed and has as many axes as are named; TypeScript then knows its
 * rank. Throws TypeError for another value or a disposed tensor, RangeError for another rank; `what` names the function
 * and the argument.
 *
 * @example requireTensor('blur: x', x, '[B, H, W, C]');
 */
export function requireTensor<const Axes extends string>(
  what: string,
  value: tf.Tensor,
  axes: Axes,
): asserts value is TensorOfAxes<Axes> {
  if (!((value as unknown) instanceof tf.Tensor)) {
    throw new TypeError(`${what} must be a tensor ${axes}, got ${kindOf(value)}`);
  }
  const tensor: tf.Tensor = value;
  if (tensor.isDisposed) {
    throw new TypeError(`${what} must be a tensor ${axes} that is not disposed, got a disposed one [${tensor.shape}]`);
  }
  if (axes.startsWith('[..., ')) return;
  const rank = axes.split(',').length;
  if (tensor.rank === rank) return;
  // An image without its batch is what is forgotten most.
  const lacksBatch = axes.startsWith('[B, ') && tensor.rank === rank - 1;
  const remedy = lacksBatch ? '; tf.expandDims(tensor) makes a batch of one' : '';
  throw new RangeError(`${what} must be ${axes}, got [${tensor.shape}]${remedy}`);
}

/**
 * {@link requireTensor} for a tensor of float32, the one type that operations and networks compute in. Throws TypeError for
 * another type, such as the int32 that `tf.browser.fromPixels` gives.
 *
 * @example requireFloatTensor('blur: x', x, '[B, H, W, C]');
 */
export function requireFloatTensor<const Axes extends string>(
  what: string,
  value: tf.Tensor,
  axes: Axes,
): asserts value is TensorOfAxes<Axes> {
  requireTensor(what, value, axes);
  if (value.dtype !== 'float32') {
    throw new TypeError(
      `${what} must be a float32 tensor, got ${value.dtype}; convert it with tf.cast(tensor, 'float32')`,
    );
  }
}
