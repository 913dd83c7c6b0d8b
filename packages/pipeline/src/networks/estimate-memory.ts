import { requireObject } from '@medseg/arguments';
import type { RunConfig } from '../run/config.ts';
import { countDrawing, countedNetwork, countNetwork } from './count-network.ts';

/** Bytes of a number. */
const FLOAT = 4;
/** What a step takes beside what a pass keeps: the gradients that are on their way. */
const GRADIENTS = 1.2;
/** Weights, both moments, the moving average, the best weights, and gradients. */
const COPIES = 6;
/** Bytes of a process and of each of its threads beside its tensors. */
const PROCESS = 2e8;
const THREAD = 6e7;

/** How much memory some work needs, about: the estimates are right within a factor of 1.5. */
export interface MemoryEstimate {
  /** Bytes of tensors of one thread: on the WASM backend each has a heap of its own, of at most 4 GiB. */
  readonly thread: number;
  /** Bytes of all threads and the process. */
  readonly total: number;
}

/** What decides how much memory is needed. */
export interface EstimatedNetwork {
  /** Of these the working size and the network. */
  readonly config: RunConfig;
  /** Channels of an image. */
  readonly imageChannels: number;
  /** Channels of a mask. */
  readonly classes: number;
}

/**
 * Memory that training needs, before anything is built; undefined for networks other than `medseg` and `unet`, of which
 * nothing is known before they run.
 *
 * @example
 * const config = resolveConfig({ data: { dir: '.', layout: 'folder', imageSize: [1024, 1024] } });
 * estimateTraining({ config, imageChannels: 3, classes: 1 })!.thread > 2 ** 32 // true
 */
export function estimateTraining(training: EstimatedNetwork): MemoryEstimate | undefined {
  requireObject('estimateTraining: training', training, ['config', 'classes']);
  const { config, imageChannels, classes } = training;
  const network = countedNetwork(config);
  if (network === undefined) return undefined;
  const { imageSize } = config.data;
  const { encoder, denoiser } = countNetwork({ network, imageSize, imageChannels, classes });
  const { batchSize, workers } = config.training;
  const threads = Math.min(workers, batchSize);
  const pixels = Math.ceil(batchSize / threads) * pixelsOf(config);
  const weights = COPIES * (encoder.weights + denoiser.weights);
  const kept = GRADIENTS * Math.max(encoder.perPixel, denoiser.perPixel);
  return whole(FLOAT * (weights + kept * pixels), threads);
}

/** Memory that drawing needs, of the networks that {@link estimateTraining} knows: each of `threads` draws `members` of `places` at once. */
export function estimateDrawing(
  drawing: EstimatedNetwork & {
    /** Places that a thread draws at once. */
    readonly places: number;
    /** Members of each that it draws at once. */
    readonly members: number;
    /** Threads that draw. */
    readonly threads: number;
  },
): MemoryEstimate | undefined {
  requireObject('estimateDrawing: drawing', drawing, ['config', 'classes', 'places', 'members', 'threads']);
  const { places, members, threads, config, imageChannels, classes } = drawing;
  const network = countedNetwork(config);
  if (network === undefined) return undefined;
  const size = { network, imageSize: config.data.imageSize, imageChannels, classes };
  const { encoder, denoiser } = countNetwork(size);
  const { features, ...own } = countDrawing(size);
  // The condition of a place is kept, and repeated for each of its members.
  const perPlace = Math.max(features + own.encoder, features + members * (features + own.denoiser));
  const weights = encoder.weights + denoiser.weights;
  return whole(FLOAT * (weights + perPlace * places * pixelsOf(config)), threads);
}

function pixelsOf({ data: { imageSize } }: Pick<RunConfig, 'data'>): number {
  return imageSize[0] * imageSize[1];
}

function whole(thread: number, threads: number): MemoryEstimate {
  return { thread, total: PROCESS + threads * (thread + THREAD) };
}
