import {
  type Activation,
  type Denoiser,
  maskOfLogits,
  type Network,
  type NoiseSource,
  probabilityOfLogits,
  type Scheduler,
  sampleToEnd,
} from '@medseg/diffusion';
import { dispose, type OptionNames, requireNormalSource, type TensorTree } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { anchorOf } from './anchor-of.ts';
import { anchorProbabilities } from './anchor-probabilities.ts';
import { checkScheduler } from './check-scheduler.ts';
import { blankCondition, outputOf } from './guidance.ts';
import { repeatCondition } from './repeat-condition.ts';
import { requireSegmentArguments } from './require-segment-arguments.ts';
import type { Segmentation } from './segmentation.ts';
import { summariseMembers } from './summarise-members.ts';

/** How an ensemble is drawn. */
export interface SamplingOptions {
  /** Its prediction type is the network's; 'sample' for a network that predicts logits. */
  scheduler: Scheduler;
  /** Sampling steps. */
  steps: number;
  /** Members of the ensemble; all are drawn in one batch. */
  members: number;
  /** Noise of each image and member: the same source gives the same member, whatever else is in the batch. */
  noise(image: number, member: number): NoiseSource;
  /**
   * Scale of classifier-free guidance (Ho & Salimans 2022): the prediction is the one without a condition plus this times
   * what the condition adds to it; the condition of a zero image is none. For networks trained with `conditionDropout`. 0:
   * the condition is not looked at; above 1: it counts more than it was trained to. Each step takes twice as long. Default
   * 1: no guidance, at no cost.
   */
  guidance?: number;
  /** Stops before the next step: `segment` then throws the signal's reason. Default: none. */
  signal?: AbortSignal;
  /** Called after each step with the masks as predicted so far, [B * members, ...size, K], members side by side. Default: none. */
  onStep?(step: {
    /** Steps done, 1..total. */
    step: number;
    /** Steps of the whole plan. */
    total: number;
    /** The training step that the network was just asked about. */
    t: number;
    /** The noisy masks after the step. */
    x: tf.Tensor4D;
    /** The masks as predicted at this step, in the network's `maskRange`. */
    x0: tf.Tensor4D;
  }): void;
}

/** Options of {@link segment}. */
export interface SegmentOptions extends SamplingOptions {
  /** How mask logits become probabilities, as in training, and how uncertainty is measured. Default 'sigmoid'. */
  activation?: Activation;
  /** Whether the result holds each member, as many times the memory as there are members. Default false. */
  keepMembers?: boolean;
}

const optionNames: OptionNames<SegmentOptions> = {
  scheduler: true,
  steps: true,
  members: true,
  noise: true,
  guidance: true,
  signal: true,
  onStep: true,
  activation: true,
  keepMembers: true,
};

/**
 * Segments a batch of images with an ensemble of diffusion samples. The condition is encoded once per image and shared
 * by every step and member (as in MedSegDiff's ensembles, Wu et al. 2022, arXiv 2211.00611, section 3.3).
 * images: [B, ...size, C], normalised as in training; they stay the caller's. Returns one segmentation per image. Throws
 * RangeError for options out of range, for a scheduler that reads the network's output as something else, where the
 * network returns NaN, and for `guidance` of a network whose mask logits start from an anchor: a zero image has none.
 *
 * ```ts
 * const scheduler = ddim(cosineSchedule(), { predictionType: 'sample', timestepSpacing: 'trailing' });
 * const [result] = await segment(network, images, { scheduler, steps: 3, members: 5, noise });
 * ```
 */
export async function segment<C extends TensorTree>(
  network: Network<C>,
  images: tf.Tensor,
  options: SegmentOptions,
): Promise<[Segmentation, ...Segmentation[]]> {
  requireSegmentArguments(network, images, options, optionNames);
  const { scheduler, steps, members, noise, activation = 'sigmoid', keepMembers = false, signal, onStep } = options;
  const { guidance = 1 } = options;
  if (!Number.isInteger(members) || members < 1) {
    throw new RangeError(`segment: members must be a positive whole number, got ${members}`);
  }
  if (typeof guidance !== 'number' || !Number.isFinite(guidance) || guidance < 0) {
    throw new RangeError(`segment: guidance must be a number of at least 0, got ${guidance}`);
  }
  const usesVariance = checkScheduler(network, scheduler, steps);
  const { imageSize: size, maskChannels: classes } = network;
  const batch = images.shape[0]!;
  const random = Array.from({ length: batch * members }, (_, i) =>
    sourceOf(noise, Math.floor(i / members), i % members),
  );
  const condition = network.encode(images);
  let repeated: C | undefined;
  let blank: C | undefined;
  let masks: tf.Tensor | undefined;
  try {
    repeated = repeatCondition(condition, members);
    if (guidance !== 1) blank = blankCondition(network, images, { condition, count: batch * members });
    const output = outputOf(network, blank && { blank, guidance });
    masks = await sampleToEnd<C>(denoiserOf(network, output, { activation, usesVariance }), scheduler, {
      shape: [batch * members, ...size, classes] as [number, number, number, number], // others are refused there
      condition: repeated,
      steps,
      random,
      ...(signal && { signal }),
      ...(onStep && { onStep }),
    });
    const probabilities = probabilitiesOf(await masks.data<'float32'>(), network.maskRange);
    const anchor = anchorOf(condition);
    const anchors = anchor && (await anchorProbabilities(anchor, activation));
    const length = probabilities.length / (batch * members);
    const segmentations = Array.from({ length: batch }, (_, i): Segmentation => {
      const drawn = Array.from({ length: members }, (_, m) => {
        const start = (i * members + m) * length;
        return keepMembers ? probabilities.slice(start, start + length) : probabilities.subarray(start, start + length);
      });
      return {
        size,
        classes,
        ...summariseMembers(drawn, { classes, activation }),
        ...(keepMembers && { members: drawn }),
        ...(anchors && { anchor: anchors[i]! }),
      };
    });
    return segmentations as [Segmentation, ...Segmentation[]]; // a batch has an image
  } finally {
    dispose([condition, repeated, blank, masks]);
  }
}

/** The network as the scheduler wants it: logits as x_0, and no variance where none is used. */
function denoiserOf<C extends TensorTree>(
  network: Network<C>,
  outputAt: Denoiser<C>,
  { activation, usesVariance }: { activation: Activation; usesVariance: boolean },
): Denoiser<C> {
  const [outside, inside] = network.maskRange;
  return (x, t, condition, previous) => {
    const output = outputAt(x, t, condition, previous);
    if (network.predictionType === 'logits') {
      if (outside === -1 && inside === 1) return maskOfLogits(output, activation);
      return tf.add(tf.mul(probabilityOfLogits(output, activation), inside - outside), outside);
    }
    if (!network.learnedVariance || usesVariance) return output;
    return tf.slice(output, [0, 0, 0, 0], [-1, -1, -1, network.maskChannels]);
  };
}

/** The noise of one member. Throws TypeError where it is none. */
function sourceOf(noise: SamplingOptions['noise'], image: number, member: number): NoiseSource {
  const source = noise(image, member);
  requireNormalSource(`segment: noise(${image}, ${member})`, source);
  return source;
}

/** Masks as probabilities, kept between 0 and 1. */
function probabilitiesOf(masks: Float32Array, [outside, inside]: readonly [number, number]): Float32Array {
  const probabilities = new Float32Array(masks.length);
  for (let i = 0; i < masks.length; i++) {
    probabilities[i] = Math.min(1, Math.max(0, (masks[i]! - outside) / (inside - outside)));
  }
  return probabilities;
}
