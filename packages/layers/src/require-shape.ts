import { requireTensor } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** Throws a RangeError unless a map has the shape of another. */
export function requireSameShape(what: string, map: tf.Tensor, other: tf.Tensor): void {
  if (map.shape.join() !== other.shape.join()) {
    throw new RangeError(`${what} must have the shape [${other.shape}] of the other map, got [${map.shape}]`);
  }
}

/** Throws a RangeError unless a map has the batch, height and width of another. */
export function requireSameSize(what: string, map: tf.Tensor, other: tf.Tensor): void {
  const [wanted, got] = [other, map].map(({ shape }) => shape.slice(0, 3).join());
  if (wanted !== got) {
    throw new RangeError(`${what} must have batch, height and width [${wanted}] of the other map, got [${got}]`);
  }
}

/** Throws unless `t` holds the time steps of a batch, [B] or [B, 1], of any type of number. */
export function requireTimes(what: string, t: tf.Tensor): void {
  if (t?.rank === 2 && t.shape[1] === 1) requireTensor(what, t, '[B, 1]');
  else requireTensor(what, t, '[B]');
}
