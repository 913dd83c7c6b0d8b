import * as tf from '@tensorflow/tfjs-core';

/** A copy of x through which no gradient goes. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  // An operation without inputs: what led to x is not reached from its output, so nothing is computed for it.
  const copy = tf.customGrad((() => ({ value: tf.clone(x), gradFunc: () => [] })) as Parameters<
    typeof tf.customGrad
  >[0]);
  return copy() as T;
}
