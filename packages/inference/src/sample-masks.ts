import {
  type ClassReading,
  type NoiseSource,
  type Scheduler,
  type SelfConditionedDenoiser,
  sampleToEnd,
} from '@medseg/diffusion';
import * as tf from '@tensorflow/tfjs-core';
import { repeatCondition } from './repeat-condition.ts';
import type { Segmentation } from './segmentation.ts';
import { summariseMembers } from './summarise-members.ts';

/** How an ensemble is drawn. */
export interface EnsembleOptions {
  scheduler: Scheduler;
  /** Sampling steps. */
  steps: number;
  /** Members of the ensemble; all are drawn in one batch. */
  members: number;
  /** Noise of each image and member: the same source gives the same member, whatever else is in the batch. */
  noise(image: number, member: number): NoiseSource;
  signal?: AbortSignal;
  /** Told after each step of the masks as predicted so far, [B * members, H, W, K], members side by side. */
  onStep?(step: { step: number; total: number; t: number; x: tf.Tensor4D; x0: tf.Tensor4D }): void;
}

export interface SampleMasksOptions extends EnsembleOptions {
  /** Shape of the masks of one member an image: [B, H, W, K]. */
  shape: readonly [number, number, number, number];
  /** The values of x_0 that stand for outside and inside. By default [-1, 1]; [0, 1] in the official networks. */
  range?: readonly [number, number];
  /** How the uncertainty of several classes is counted. Default 'channels'. */
  classes?: ClassReading;
}

/**
 * Draws an ensemble of masks for each image of a batch from any diffusion network: `condition` is what its denoiser
 * takes, one row an image, and is repeated for the members. The scheduler's prediction type says what the denoiser
 * returns. Returns one segmentation an image, without an anchor. Throws RangeError for options out of range and where
 * the network returns NaN.
 *
 * ```ts
 * const scheduler = ddpm(cosineSchedule(), { predictionType: 'epsilon' });
 * const [result] = await sampleMasks((x, t, c) => network.denoise(x, t, c), images, { shape, scheduler, ...options });
 * ```
 */
export async function sampleMasks<C>(
  denoiser: SelfConditionedDenoiser<C>,
  condition: C,
  {
    shape,
    scheduler,
    steps,
    members,
    noise,
    range: [outside, inside] = [-1, 1],
    classes: reading = 'channels',
    signal,
    onStep,
  }: SampleMasksOptions,
): Promise<Segmentation[]> {
  if (!Number.isInteger(members) || members < 1) {
    throw new RangeError(`sampleMasks: members must be a positive whole number, got ${members}`);
  }
  const [batch, height, width, classes] = shape;
  const repeated = repeatCondition(condition, members);
  let masks: tf.Tensor4D | undefined;
  try {
    masks = await sampleToEnd<C>(denoiser, scheduler, {
      shape: [batch * members, height, width, classes],
      condition: repeated,
      steps,
      random: Array.from({ length: batch * members }, (_, i) => noise(Math.floor(i / members), i % members)),
      ...(signal && { signal }),
      ...(onStep && { onStep }),
    });
    const values = await masks.data();
    const size = height * width * classes;
    return Array.from({ length: batch }, (_, i) => {
      const drawn = Array.from({ length: members }, (_, m) => {
        const start = (i * members + m) * size;
        return Float32Array.from(values.subarray(start, start + size), (v) =>
          Math.min(1, Math.max(0, (v - outside) / (inside - outside))),
        );
      });
      return { height, width, classes, ...summariseMembers(drawn, { classes, reading }), members: drawn };
    });
  } finally {
    tf.dispose([repeated, masks ?? []] as unknown as tf.TensorContainer);
  }
}
