import { type NoiseSource, type Scheduler, sampleToEnd } from '@medseg/diffusion';
import * as tf from '@tensorflow/tfjs-core';
import { binaryEntropy } from './binary-entropy.ts';
import { repeatCondition } from './repeat-condition.ts';
import type { SegmentationModel } from './segmentation-model.ts';

export interface SegmentOptions {
  /** A scheduler for `predictionType: 'sample'`. */
  scheduler: Scheduler;
  /** Sampling steps. */
  steps: number;
  /** Members of the ensemble; all are drawn in one batch. */
  members: number;
  /** Noise of each image and member: the same source gives the same member, whatever else is in the batch. */
  noise(image: number, member: number): NoiseSource;
  signal?: AbortSignal;
  /** Told after each step of the masks in [-1, 1] as predicted so far, [B * members, H, W, 1], members side by side. */
  onStep?(step: { step: number; total: number; t: number; x: tf.Tensor4D; x0: tf.Tensor4D }): void;
}

/** The segmentation of one image on the network's grid; arrays of H * W values, row by row. */
export interface Segmentation {
  readonly height: number;
  readonly width: number;
  /** Mean over the members of the probability that a pixel belongs to the mask. */
  readonly probability: Float32Array;
  /** Entropy of that probability in bits, 0 to 1: where the ensemble as a whole is undecided. */
  readonly uncertainty: Float32Array;
  /** Standard deviation of the members' probabilities: where they disagree with each other. */
  readonly spread: Float32Array;
  /** Probability of each member. */
  readonly members: readonly Float32Array[];
  /** Probability by the anchor head alone, without diffusion. */
  readonly anchor: Float32Array;
}

/**
 * Segments a batch of images with an ensemble of diffusion samples. The condition is encoded once an image and shared
 * by every step and member (as in MedSegDiff's ensembles, Wu et al. 2022, arXiv 2211.00611, section 3.3).
 * images: [B, H, W, C], normalised as in training; returns one segmentation an image.
 * Throws RangeError for options out of range and where the network returns NaN.
 */
export async function segment<C extends { readonly anchor: tf.Tensor4D }>(
  model: SegmentationModel<C>,
  images: tf.Tensor4D,
  { scheduler, steps, members, noise, signal, onStep }: SegmentOptions,
): Promise<Segmentation[]> {
  if (!Number.isInteger(members) || members < 1) {
    throw new RangeError(`segment: members must be a positive whole number, got ${members}`);
  }
  const condition = model.encode(images);
  const repeated = repeatCondition(condition, members);
  const [batch, height, width] = condition.anchor.shape;
  let masks: tf.Tensor4D | undefined;
  try {
    masks = await sampleToEnd<C>((x, t, c) => tf.tanh(tf.mul<tf.Tensor4D>(model.denoise(x, t, c), 0.5)), scheduler, {
      shape: [batch * members, height, width, 1],
      condition: repeated,
      steps,
      random: Array.from({ length: batch * members }, (_, i) => noise(Math.floor(i / members), i % members)),
      ...(signal && { signal }),
      ...(onStep && { onStep }),
    });
    const values = await masks.data();
    const anchors = await condition.anchor.data();
    const size = height * width;
    return Array.from({ length: batch }, (_, i) => {
      const drawn = Array.from({ length: members }, (_, m) => {
        const start = (i * members + m) * size;
        return Float32Array.from(values.subarray(start, start + size), (v) => (v + 1) / 2);
      });
      const anchor = Float32Array.from(anchors.subarray(i * size, (i + 1) * size), (l) => 1 / (1 + Math.exp(-l)));
      return { height, width, ...summarise(drawn), members: drawn, anchor };
    });
  } finally {
    tf.dispose([condition, repeated, masks ?? []] as unknown as tf.TensorContainer);
  }
}

function summarise(members: readonly Float32Array[]): Pick<Segmentation, 'probability' | 'uncertainty' | 'spread'> {
  const size = members[0]!.length;
  const probability = new Float32Array(size);
  const spread = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (const member of members) sum += member[i]!;
    const mean = sum / members.length;
    let squares = 0;
    for (const member of members) squares += (member[i]! - mean) ** 2;
    probability[i] = mean;
    spread[i] = Math.sqrt(squares / members.length);
  }
  return { probability, spread, uncertainty: probability.map(binaryEntropy) };
}
