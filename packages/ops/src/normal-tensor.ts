import { kindOf } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';

/** Fills arrays with standard normal numbers, as a stream of `@medseg/random` does. */
export interface NormalSource {
  /** Fills an array with independent standard normal values and returns it. */
  fillNormal(values: Float32Array): Float32Array;
}

/**
 * A tensor of standard normal numbers, drawn on the host, so that it is the same on every backend.
 *
 * @example const noise = normalTensor(createRandom(7), [2, 64, 64, 1]);
 */
export function normalTensor<R extends tf.Rank>(source: NormalSource, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  requireNormalSource('normalTensor: source', source);
  const values = new Float32Array(tf.util.sizeFromShape(shape as number[]));
  return tf.tensor<R>(source.fillNormal(values), shape, 'float32');
}

/**
 * Makes sure that a value is a source of normal numbers. Throws TypeError that says where there is one.
 *
 * @example requireNormalSource('blur: random', createRandom(7));
 */
export function requireNormalSource(what: string, value: NormalSource): void {
  if (typeof (value as Partial<NormalSource> | null | undefined)?.fillNormal === 'function') return;
  throw new TypeError(
    `${what} must be a source of normal numbers, such as createRandom(1) of @medseg/random, got ${kindOf(value)}`,
  );
}
