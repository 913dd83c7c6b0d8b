import { type Case, prepareImage } from '@medseg/datasets';
import { loadOriginal, type Original } from '@medseg/datasets/node';
import type { Segmentation } from '@medseg/inference';
import { createRandom } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type CaseResult, scoreCase } from './evaluation/score-case.ts';
import type { Spacing } from './evaluation/scores.ts';
import type { SchedulerName } from './networks/process.ts';
import type { Intensities } from './networks/references.ts';
import type { EnsembleRequest, RunNetwork } from './networks/run-network.ts';
import { UserError } from './user-error.ts';

export interface EnsembleOptions {
  readonly scheduler: SchedulerName;
  readonly steps: number;
  readonly members: number;
  readonly seed: number;
  /** How intensities are prepared; as the network was trained. */
  readonly intensities: Intensities;
}

/** Samples that are drawn at once, images times members. */
const BATCH = 40;

/** Segments cases with the ensemble and yields the scores of each, in order; lengths in millimetres where `spacing` is given. */
export async function* evaluateCases(
  network: RunNetwork,
  cases: readonly Case[],
  options: EnsembleOptions & { spacing?: Spacing; signal?: AbortSignal },
): AsyncGenerator<CaseResult> {
  const chunk = Math.max(1, Math.floor(BATCH / options.members));
  for (let start = 0; start < cases.length; start += chunk) {
    options.signal?.throwIfAborted();
    const originals = await Promise.all(cases.slice(start, start + chunk).map(loadOriginal));
    const segmentations = await segmentOriginals(network, originals, options);
    for (const [i, original] of originals.entries()) yield scoreCase(original, segmentations[i]!, options);
  }
}

/** Segments images on the network's grid. The noise of an image depends on the seed and its id alone. */
export async function segmentOriginals(
  network: RunNetwork,
  originals: readonly Pick<Original, 'id' | 'image'>[],
  {
    scheduler,
    steps,
    members,
    seed,
    intensities,
    signal,
    onStep,
  }: EnsembleOptions & Pick<EnsembleRequest, 'signal' | 'onStep'>,
): Promise<Segmentation[]> {
  const { imageSize, imageChannels } = network;
  const values = originals.map(({ id, image }) => {
    const { data, channels } = prepareImage(image, {
      imageSize,
      normalization: intensities === 'signed' ? 'photo' : intensities,
    });
    if (channels !== imageChannels) {
      throw new UserError(`${id}: the run was trained on images of ${imageChannels} channels, got ${channels}`);
    }
    return intensities === 'signed' ? data.map((v) => 2 * v - 1) : data;
  });
  const images = tf.tensor4d(concatenate(values), [originals.length, ...imageSize, imageChannels]);
  const random = createRandom(seed);
  try {
    return await network.segment(images, {
      scheduler,
      steps,
      members,
      noise: (image, member) => random.fork(originals[image]!.id).fork(member),
      ...(signal && { signal }),
      ...(onStep && { onStep }),
    });
  } finally {
    images.dispose();
  }
}

function concatenate(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
