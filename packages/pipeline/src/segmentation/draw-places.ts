import type { Segmentation } from '@medseg/inference';
import { createRandom, type Random } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import type { SchedulerName } from '../networks/process.ts';
import type { EnsembleRequest, RunNetwork } from '../networks/run-network.ts';
import type { Preparation } from '../run/preparation.ts';

export interface EnsembleOptions {
  readonly scheduler: SchedulerName;
  readonly steps: number;
  readonly members: number;
  readonly seed: number;
  readonly preparation: Preparation;
}

/** What the network is given of a place; the name is that of its noise. */
export interface PlaceInput {
  readonly name: string;
  readonly values: Float32Array;
}

/** Draws the ensembles of places, on several threads at once. */
export interface PlaceDrawer {
  readonly threads: number;
  draw(inputs: readonly PlaceInput[], options: EnsembleOptions): Promise<Segmentation[]>;
}

/** Draws the ensemble of each place on this thread; or `members` of it, of which the first is number `firstMember`. */
export async function drawPlaces(
  network: RunNetwork,
  inputs: readonly PlaceInput[],
  {
    scheduler,
    steps,
    members,
    seed,
    signal,
    onStep,
    firstMember = 0,
  }: EnsembleOptions & Partial<Pick<EnsembleRequest, 'signal' | 'onStep'>> & { firstMember?: number },
): Promise<Segmentation[]> {
  const { imageSize, imageChannels } = network;
  const images = tf.tensor4d(concatenate(inputs), [inputs.length, ...imageSize, imageChannels]);
  const random = createRandom(seed);
  try {
    return await network.segment(images, {
      scheduler,
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

function concatenate(inputs: readonly PlaceInput[]): Float32Array {
  const all = new Float32Array(inputs.reduce((sum, { values }) => sum + values.length, 0));
  let at = 0;
  for (const { values } of inputs) {
    all.set(values, at);
    at += values.length;
  }
  return all;
}
