import type { OptionNames } from '@medseg/arguments';
import { type CallContext, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { OfficialConfig } from './official-config.ts';

/** What `encode` of an official network may be given beside the images. */
export interface OfficialEncodeOptions extends CallContext {
  /** The classes of the images, [B] whole numbers from 0; needed by a class-conditional network. */
  readonly labels?: tf.Tensor;
}

export const officialEncodeOptionNames: OptionNames<OfficialEncodeOptions> = {
  labels: true,
  training: true,
  random: true,
};

/** The labels as a part of the condition: clones. Throws RangeError where there are none and must be, or the reverse. */
export function ownLabels(
  who: string,
  { classes }: Pick<OfficialConfig, 'classes'>,
  images: tf.Tensor,
  labels: tf.Tensor | undefined,
): { readonly labels?: tf.Tensor1D } {
  if (classes === undefined) {
    if (labels !== undefined) throw new RangeError(`${who}: takes labels only with the option classes, got some`);
    return {};
  }
  const batch = images.shape[0]!;
  if (labels?.size !== batch) {
    throw new RangeError(
      `${who}: a network of ${classes} image classes needs one label for each of ${batch} images, got ${labels?.size ?? 'none'}`,
    );
  }
  requireTensor(`${who}: labels`, labels, '[B]');
  return { labels: tf.clone(labels) };
}

/** One number for each image as features, [B] -> [B, 1] float32. */
export function column(values: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.cast(values, 'float32'), [-1, 1]);
}
