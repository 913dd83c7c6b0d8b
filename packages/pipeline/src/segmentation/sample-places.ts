import { type OptionNames, requireOptions } from '@medseg/arguments';
import {
  anchorProbabilities,
  type SamplingOptions,
  type Segmentation,
  segment,
  summariseMembers,
} from '@medseg/inference';
import { dispose } from '@medseg/ops';
import { createRandom, type Random } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { RunError } from '../errors.ts';
import { createScheduler, type SchedulerName } from '../networks/process.ts';
import type { RunModel } from '../networks/run-model.ts';
import type { Preparation } from '../run/preparation.ts';
import type { Fusion } from './fuse-members.ts';
import { samplesAtOnce } from './samples-at-once.ts';

/** How ensembles are drawn. */
export interface EnsembleOptions {
  /** Name of the sampler. */
  readonly scheduler: SchedulerName;
  /** Sampling steps. */
  readonly steps: number;
  /** Members of the ensemble. */
  readonly members: number;
  /** Seed of the noise; each place draws from a stream of its own. */
  readonly seed: number;
  /** How files become the network's input. */
  readonly preparation: Preparation;
  /**
   * 'anchor': no ensemble is drawn, and the map is that of the anchor head; of networks that have one. Default: the
   * ensemble's map.
   */
  readonly method?: 'anchor' | undefined;
  /** How the members become the mask; the anchor's one map needs none. Default 'mean'. */
  readonly fuse?: Fusion | undefined;
}

export const ensembleOptionNames: OptionNames<EnsembleOptions> = {
  scheduler: true,
  steps: true,
  members: true,
  seed: true,
  preparation: true,
  method: true,
  fuse: true,
};

/** What the network is given of a place; the name is that of its noise. */
export interface PlaceInput {
  /** Name of the place: of the case, its slice and its patch. */
  readonly name: string;
  /** The input, [height, width, channels]. */
  readonly values: Float32Array;
}

/** Samples the ensemble of places, on several threads at once. */
export interface PlaceSampler {
  /** Threads that draw at once. */
  readonly threads: number;
  /** Draws the ensemble of each place, in order. */
  sample(
    inputs: readonly PlaceInput[],
    options: EnsembleOptions & {
      /** Whether each result holds its members. Default false. */
      readonly keepMembers?: boolean;
    },
  ): Promise<Segmentation[]>;
}

/** Options of {@link samplePlaces}. */
export interface SamplePlacesOptions extends EnsembleOptions, Pick<SamplingOptions, 'signal' | 'onStep'> {
  /** Number of the first member that is drawn. Default 0. */
  firstMember?: number;
  /** Whether the result holds each member. Default false. */
  keepMembers?: boolean;
}

export const samplePlacesOptionNames: OptionNames<SamplePlacesOptions> = {
  scheduler: true,
  steps: true,
  members: true,
  seed: true,
  preparation: true,
  method: true,
  fuse: true,
  signal: true,
  onStep: true,
  firstMember: true,
  keepMembers: true,
};

/**
 * Samples the ensemble of each place on this thread; or `members` of it, of which the first is number `firstMember`. Draws
 * no more samples at once than there is memory for, whatever their number.
 */
export async function samplePlaces(
  model: RunModel,
  inputs: readonly PlaceInput[],
  options: SamplePlacesOptions,
): Promise<Segmentation[]> {
  requireOptions('samplePlaces', options, samplePlacesOptionNames);
  const { members, method, firstMember = 0, keepMembers = false } = options;
  const most = samplesAtOnce(options.preparation.imageSize);
  const places = method === 'anchor' ? most : Math.max(1, Math.floor(most / members));
  if (inputs.length > places) {
    const parts: Segmentation[] = [];
    for (let at = 0; at < inputs.length; at += places)
      parts.push(...(await samplePlaces(model, inputs.slice(at, at + places), options)));
    return parts;
  }
  if (method === 'anchor' || members <= most) return await sampleAtOnce(model, inputs, options);
  const parts: Segmentation[] = []; // of one place
  for (let at = 0; at < members; at += most) {
    const some = { members: Math.min(most, members - at), firstMember: firstMember + at, keepMembers: true };
    parts.push(...(await sampleAtOnce(model, inputs, { ...options, ...some })));
  }
  const { members: drawn, ...joined } = joinMembers(parts, model);
  return [{ ...joined, ...(keepMembers && drawn && { members: drawn }) }];
}

/** The ensemble of several parts of its members, each with its members. */
export function joinMembers(parts: readonly Segmentation[], { activation }: RunModel): Segmentation {
  const members = parts.flatMap((part) => part.members!);
  return { ...parts[0]!, ...summariseMembers(members, { classes: parts[0]!.classes, activation }), members };
}

async function sampleAtOnce(
  model: RunModel,
  inputs: readonly PlaceInput[],
  options: SamplePlacesOptions,
): Promise<Segmentation[]> {
  const { method, scheduler, steps, members, seed, signal, onStep, firstMember = 0, keepMembers = false } = options;
  const { network, process, activation } = model;
  const { imageSize, imageChannels, learnedVariance } = network;
  const images = tf.tensor(concatenate(inputs), [inputs.length, ...imageSize, imageChannels]);
  const random = createRandom(seed);
  try {
    if (method === 'anchor') return await anchorOnly(model, images);
    return await segment(network, images, {
      scheduler: createScheduler(scheduler, process, { learnedVariance }),
      activation,
      keepMembers,
      steps,
      members,
      noise: (image, member): Random => random.fork(inputs[image]!.name).fork(firstMember + member),
      ...(signal && { signal }),
      ...(onStep && { onStep }),
    });
  } finally {
    images.dispose();
  }
}

/** The maps of the anchor head; their uncertainty is the entropy of its own probabilities. */
async function anchorOnly({ network, activation }: RunModel, images: tf.Tensor): Promise<Segmentation[]> {
  const { imageSize: size, maskChannels: classes } = network;
  const condition = network.encode(images);
  try {
    const anchor = typeof condition === 'object' && condition !== null && 'anchor' in condition && condition.anchor;
    if (!(anchor instanceof tf.Tensor)) {
      throw new RunError('the network of this run has no anchor head, so there is no mask without sampling');
    }
    const maps = await anchorProbabilities(anchor, activation);
    return maps.map((map) => ({ size, classes, ...summariseMembers([map], { classes, activation }) }));
  } finally {
    dispose(condition);
  }
}

function concatenate(inputs: readonly PlaceInput[]): Float32Array {
  const all = new Float32Array(inputs.reduce((sum, { values }) => sum + values.length, 0));
  let at = 0;
  for (const { values } of inputs) {
    all.set(values, at);
    at += values.length;
  }
  return all;
}
