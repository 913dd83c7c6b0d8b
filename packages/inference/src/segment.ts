import { type ClassReading, maskOfLogits } from '@medseg/diffusion';
import * as tf from '@tensorflow/tfjs-core';
import { anchorProbabilities } from './anchor-probabilities.ts';
import { type EnsembleOptions, sampleMasks } from './sample-masks.ts';
import type { Segmentation } from './segmentation.ts';
import type { SegmentationModel } from './segmentation-model.ts';

export interface SegmentOptions extends EnsembleOptions {
  /** How the channels of the mask logits are read; as in training. Default 'channels'. */
  classes?: ClassReading;
}

/**
 * Segments a batch of images with an ensemble of diffusion samples. The condition is encoded once an image and shared
 * by every step and member (as in MedSegDiff's ensembles, Wu et al. 2022, arXiv 2211.00611, section 3.3).
 * images: [B, H, W, C], normalised as in training; `scheduler` is one for `predictionType: 'sample'`. Returns one
 * segmentation an image. Throws RangeError for options out of range and where the network returns NaN.
 */
export async function segment<C extends { readonly anchor: tf.Tensor4D }>(
  model: SegmentationModel<C>,
  images: tf.Tensor4D,
  { classes = 'channels', ...ensemble }: SegmentOptions,
): Promise<Segmentation[]> {
  const condition = model.encode(images);
  try {
    const segmentations = await sampleMasks<C>((x, t, c) => maskOfLogits(model.denoise(x, t, c), classes), condition, {
      shape: condition.anchor.shape,
      classes,
      ...ensemble,
    });
    const anchors = await anchorProbabilities(condition.anchor, classes);
    return segmentations.map((segmentation, i) => ({ ...segmentation, anchor: anchors[i]! }));
  } finally {
    tf.dispose(condition as unknown as tf.TensorContainer);
  }
}
