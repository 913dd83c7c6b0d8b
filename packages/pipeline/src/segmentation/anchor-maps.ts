import { anchorProbabilities } from '@medseg/inference';
import { dispose } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { RunError } from '../errors.ts';
import type { RunModel } from '../networks/run-model.ts';

/** The probabilities of the anchor head for each image, [height, width, classes]. Throws RunError where there is no such head. */
export async function anchorMaps({ network, activation }: RunModel, images: tf.Tensor): Promise<Float32Array[]> {
  const condition = network.encode(images);
  try {
    const anchor = typeof condition === 'object' && condition !== null && 'anchor' in condition && condition.anchor;
    if (!(anchor instanceof tf.Tensor)) {
      throw new RunError('the network of this run has no anchor head, so there is no mask without sampling');
    }
    return await anchorProbabilities(anchor, activation);
  } finally {
    dispose(condition);
  }
}
