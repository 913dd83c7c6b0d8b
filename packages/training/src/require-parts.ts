import { kindOf } from '@medseg/ops';
import type { TrainingBatch } from './training-batch.ts';

/** Throws TypeError for a batch that lacks a part, or holds something else in its place, such as a tensor. */
export function requireParts(batch: TrainingBatch): void {
  if (typeof batch !== 'object' || batch === null) {
    throw new TypeError(`train: a batch must be an object of images and masks, got ${kindOf(batch)}`);
  }
  for (const part of ['images', 'masks'] as const) {
    if (!(batch[part] instanceof Float32Array)) {
      throw new TypeError(`train: ${part} of a batch must be a Float32Array, got ${kindOf(batch[part])}`);
    }
  }
  for (const part of ['imageShape', 'maskShape', 'ids'] as const) {
    if (!Array.isArray(batch[part])) {
      throw new TypeError(`train: ${part} of a batch must be an array, got ${kindOf(batch[part])}`);
    }
  }
}
