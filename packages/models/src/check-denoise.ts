import { kindOf, requireFloatTensor, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';

/** What the check needs of a network. */
interface Sizes {
  readonly imageSize: readonly number[];
  readonly maskChannels: number;
}

/**
 * Throws where x_t, its times or the condition are not what `denoise` takes: another shape, fewer rows than samples, or
 * tensors that are disposed. `parts` are the members that the condition must have.
 */
export function checkDenoise(
  who: string,
  { imageSize, maskChannels }: Sizes,
  { x, t, condition }: { readonly x: tf.Tensor; readonly t: tf.Tensor; readonly condition: object },
  parts: readonly string[],
): void {
  requireFloatTensor(`${who}: x`, x, '[B, H, W, C]');
  const [batch, ...rest] = x.shape;
  const wanted = [...imageSize, maskChannels];
  if (rest.join() !== wanted.join()) {
    throw new RangeError(`${who}: x must be [B, ${wanted.join(', ')}] for this network, got [${x.shape}]`);
  }
  if (!(t?.rank === 2 && t.shape[1] === 1)) requireTensor(`${who}: t`, t, '[B]');
  if (t.shape[0] !== batch) {
    throw new RangeError(`${who}: t must be one training step for each of ${batch} samples, got [${t.shape}]`);
  }
  checkCondition(who, condition, parts, batch);
}

/** Throws where a condition lacks a part, holds a disposed tensor, or has not one row for each of `batch` samples. */
export function checkCondition(who: string, condition: object, parts: readonly string[], batch?: number): void {
  if (typeof condition !== 'object' || condition === null || condition instanceof tf.Tensor) {
    throw new TypeError(`${who}: the condition must be what encode() returns, got ${kindOf(condition)}`);
  }
  for (const part of parts) {
    const value = (condition as Readonly<Record<string, unknown>>)[part];
    for (const tensor of Array.isArray(value) ? value : [value]) {
      requireTensor(`${who}: condition.${part}`, tensor as tf.Tensor, '[..., C]');
      if (batch === undefined || (tensor as tf.Tensor).shape[0] === batch) continue;
      throw new RangeError(
        `${who}: condition.${part} must have one row for each of ${batch} samples, got [${(tensor as tf.Tensor).shape}]; repeatCondition() of @medseg/inference repeats it for the members of an ensemble`,
      );
    }
  }
}
