import * as tf from '@tensorflow/tfjs-core';

// pi in three parts (Cody & Waite 1980): a multiple of the first by a small number is exact in float32.
const PI_PARTS = [3.140625, 0.0009675025939941406, 1.5099579897537296e-7] as const;

/**
 * Sine to float32's precision on every backend. Graphics cards compute their own to about 1e-4, and worse far from
 * zero; there the argument is reduced to [-pi/2, pi/2] (Cody & Waite 1980) and the Taylor series summed. Any shape,
 * |x| up to 10^4.
 *
 * @example const y = sine(tf.tensor1d([0, 999]));
 */
export function sine<T extends tf.Tensor>(x: T): T {
  if (isExact()) return tf.sin(x);
  return tf.tidy(() => {
    const turns = tf.round(tf.div(x, Math.PI));
    return tf.mul(parity(turns), nearZero(reduce(x, turns))) as T;
  });
}

/** Cosine to float32's precision on every backend; see {@link sine}. */
export function cosine<T extends tf.Tensor>(x: T): T {
  if (isExact()) return tf.cos(x);
  return tf.tidy(() => {
    const turns = tf.floor(tf.div(x, Math.PI));
    // cos(m pi + pi/2 + r) = -(-1)^m sin(r)
    return tf.mul(tf.neg(parity(turns)), nearZero(reduce(x, tf.add(turns, 0.5)))) as T;
  });
}

/** The backends that compute on the processor call its mathematical library. */
function isExact(): boolean {
  return !['webgl', 'webgpu'].includes(tf.getBackend());
}

/** 1 for even numbers, -1 for odd ones. */
function parity(m: tf.Tensor): tf.Tensor {
  return tf.sub(1, tf.mul(2, tf.sub(m, tf.mul(2, tf.floor(tf.mul(m, 0.5))))));
}

function reduce(x: tf.Tensor, turns: tf.Tensor): tf.Tensor {
  return PI_PARTS.reduce<tf.Tensor>((rest, part) => tf.sub(rest, tf.mul(turns, part)), x);
}

/** The series of the sine to x^13, whose rest is below 1e-9 in [-pi/2, pi/2]. */
function nearZero(r: tf.Tensor): tf.Tensor {
  const square = tf.square(r);
  let sum: tf.Tensor = tf.onesLike(r);
  for (let n = 12; n >= 2; n -= 2) sum = tf.sub(1, tf.div(tf.mul(sum, square), n * (n + 1)));
  return tf.mul(sum, r);
}
