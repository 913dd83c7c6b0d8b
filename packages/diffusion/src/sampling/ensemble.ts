import { requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { requireInteger } from '../schedule/check.ts';
import type { NoiseSource } from '../schedulers/scheduler.ts';

/** One source for a batch: the one given, or one for each sample side by side. Throws RangeError for another count. */
export function memberNoise(random: NoiseSource | readonly NoiseSource[], batch: number): NoiseSource {
  if (!isList(random)) return random;
  if (random.length !== batch) {
    throw new RangeError(`sample: random must be one source or ${batch}, one for each sample, got ${random.length}`);
  }
  return {
    fillNormal: (values) => {
      const size = values.length / batch;
      for (const [i, source] of random.entries()) source.fillNormal(values.subarray(i * size, (i + 1) * size));
      return values;
    },
  };
}

function isList(random: NoiseSource | readonly NoiseSource[]): random is readonly NoiseSource[] {
  return Array.isArray(random);
}

/**
 * Repeats each sample of a batch `members` times, [B, ...] -> [B * members, ...]: the members of one image lie side by
 * side, so that an ensemble is drawn as one batch. Throws RangeError for fewer than one member.
 *
 * @example const condition = repeatForMembers(image, 5); // [1, H, W, C] -> [5, H, W, C]
 */
export function repeatForMembers<T extends tf.Tensor>(x: T, members: number): T {
  requireInteger('repeatForMembers: members', members, 1);
  requireTensor('repeatForMembers: x', x as tf.Tensor, '[..., C]');
  const [batch = 1, ...rest] = x.shape;
  const size = rest.reduce((a, b) => a * b, 1);
  return tf.tidy(
    () => tf.reshape(tf.tile(tf.reshape(x, [batch, 1, size]), [1, members, 1]), [batch * members, ...rest]) as T,
  );
}

/**
 * Splits what was drawn for {@link repeatForMembers} by image: B tensors of [members, H, W, C], the caller's to dispose.
 * Throws RangeError when the batch is no multiple of `members`.
 *
 * @example const [membersOfFirstImage] = splitMembers(masks, 5);
 */
export function splitMembers(x: tf.Tensor, members: number): [tf.Tensor4D, ...tf.Tensor4D[]] {
  requireInteger('splitMembers: members', members, 1);
  requireTensor('splitMembers: x', x, '[B, H, W, C]');
  if (x.shape[0] % members !== 0) {
    throw new RangeError(`splitMembers: a batch of ${x.shape[0]} does not hold whole ensembles of ${members} members`);
  }
  return tf.split(x, x.shape[0] / members, 0) as tf.Tensor4D[] as [tf.Tensor4D, ...tf.Tensor4D[]];
}
