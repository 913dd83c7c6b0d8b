import { type OptionNames, requireOptions } from '@medseg/arguments';
import { type SamplingOptions, type Segmentation, segment, summariseMembers } from '@medseg/inference';
import { createRandom, type Random } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import type { RunModel } from '../networks/run-model.ts';
import { createScheduler, type SamplerOptions, type SchedulerName } from '../networks/samplers.ts';
import type { Preparation } from '../run/preparation.ts';
import { anchorMaps } from './anchor-maps.ts';
import { type DrawnPlace, emergingMaps, joinEmerging } from './emerging-maps.ts';
import type { Fusion } from './fuse-members.ts';
import { samplesAtOnce } from './samples-at-once.ts';

/** How ensembles are drawn. */
export interface EnsembleOptions {
  /** Name of the sampler. */
  readonly scheduler: SchedulerName;
  /** How it draws. Default: that of `createScheduler`. */
  readonly drawing?: Omit<SamplerOptions, 'learnedVariance'> | undefined;
  /** Scale of classifier-free guidance. Default 1: none. */
  readonly guidance?: number | undefined;
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
  drawing: true,
  guidance: true,
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
      /** Whether each result holds the masks as they emerge, step by step. Default false. */
      readonly keepSteps?: boolean | undefined;
    },
  ): Promise<DrawnPlace[]>;
}

/** Options of {@link samplePlaces}. */
export interface SamplePlacesOptions extends EnsembleOptions, Pick<SamplingOptions, 'signal' | 'onStep'> {
  /** Number of the first member that is drawn. Default 0. */
  firstMember?: number;
  /** Whether the result holds each member. Default false. */
  keepMembers?: boolean;
  /** Whether the result holds what was predicted after each step. Default false. */
  keepSteps?: boolean | undefined;
}

export const samplePlacesOptionNames: OptionNames<SamplePlacesOptions> = {
  scheduler: true,
  drawing: true,
  guidance: true,
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
  keepSteps: true,
};

/**
 * Samples the ensemble of each place on this thread; or `members` of it, of which the first is number `firstMember`. Draws
 * no more samples at once than there is memory for, whatever their number.
 */
export async function samplePlaces(
  model: RunModel,
  inputs: readonly PlaceInput[],
  options: SamplePlacesOptions,
): Promise<DrawnPlace[]> {
  requireOptions('samplePlaces', options, samplePlacesOptionNames);
  const { members, method, firstMember = 0, keepMembers = false } = options;
  const most = samplesAtOnce(options.preparation.imageSize);
  const places = method === 'anchor' ? most : Math.max(1, Math.floor(most / members));
  if (inputs.length > places) {
    const parts: DrawnPlace[] = [];
    for (let at = 0; at < inputs.length; at += places)
      parts.push(...(await samplePlaces(model, inputs.slice(at, at + places), options)));
    return parts;
  }
  if (method === 'anchor' || members <= most) return await sampleAtOnce(model, inputs, options);
  const parts: DrawnPlace[] = []; // of one place
  for (let at = 0; at < members; at += most) {
    const some = { members: Math.min(most, members - at), firstMember: firstMember + at, keepMembers: true };
    parts.push(...(await sampleAtOnce(model, inputs, { ...options, ...some })));
  }
  const { members: drawn, ...joined } = joinMembers(parts, model);
  return [{ ...joined, ...(keepMembers && drawn && { members: drawn }) }];
}

/** The ensemble of several parts of its members, each with its members. */
export function joinMembers(parts: readonly DrawnPlace[], { activation }: RunModel): DrawnPlace {
  const members = parts.flatMap((part) => part.members!);
  const emerging = joinEmerging(parts);
  return {
    ...parts[0]!,
    ...summariseMembers(members, { classes: parts[0]!.classes, activation }),
    members,
    ...(emerging && { emerging }),
  };
}

async function sampleAtOnce(
  model: RunModel,
  inputs: readonly PlaceInput[],
  options: SamplePlacesOptions,
): Promise<DrawnPlace[]> {
  const {
    method,
    scheduler,
    drawing,
    steps,
    members,
    seed,
    signal,
    onStep,
    firstMember = 0,
    keepMembers = false,
    keepSteps = false,
    guidance = 1,
  } = options;
  const { network, process, activation } = model;
  const { imageSize, imageChannels, learnedVariance } = network;
  const images = tf.tensor(concatenate(inputs), [inputs.length, ...imageSize, imageChannels]);
  const random = createRandom(seed);
  try {
    if (method === 'anchor') return await anchorOnly(model, images);
    const emerging = keepSteps ? emergingMaps(inputs.length, members, network.maskRange) : undefined;
    const drawn: DrawnPlace[] = await segment(network, images, {
      scheduler: createScheduler(scheduler, process, { ...drawing, learnedVariance }),
      activation,
      keepMembers,
      guidance,
      steps,
      members,
      noise: (image, member): Random => random.fork(inputs[image]!.name).fork(firstMember + member),
      ...(signal && { signal }),
      ...((onStep || emerging) && {
        onStep: (step) => {
          emerging?.onStep(step);
          onStep?.(step);
        },
      }),
    });
    return emerging ? drawn.map((place, i) => ({ ...place, emerging: emerging.of(i) })) : drawn;
  } finally {
    images.dispose();
  }
}

/** The maps of the anchor head; their uncertainty is the entropy of its own probabilities. */
async function anchorOnly(model: RunModel, images: tf.Tensor): Promise<Segmentation[]> {
  const { network, activation } = model;
  const { imageSize: size, maskChannels: classes } = network;
  const maps = await anchorMaps(model, images);
  return maps.map((map) => ({ size, classes, ...summariseMembers([map], { classes, activation }) }));
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
