import { type Case, prepareImage, resize } from '@medseg/datasets';
import { loadOriginal, type Original } from '@medseg/datasets/node';
import { type Segmentation, segment } from '@medseg/inference';
import { dice, iou, otsuThreshold } from '@medseg/metrics';
import type { AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { createScheduler } from './network.ts';
import { UserError } from './user-error.ts';

export interface Overlap {
  readonly dice: number;
  readonly iou: number;
}

/** One image's overlap with its true mask, at the image's own size, beside two baselines on the same image. */
export interface CaseResult extends Overlap {
  readonly id: string;
  readonly patient: string;
  /** The anchor head alone: the same encoder as a plain U-Net, without diffusion. */
  readonly anchor: Overlap;
  /** Otsu's threshold on the mean of the channels. */
  readonly otsu: Overlap;
}

export interface EnsembleOptions {
  readonly steps: number;
  readonly members: number;
  readonly seed: number;
}

/** Samples that are drawn at once, images times members. */
const BATCH = 40;

/** Segments cases with the ensemble and yields each one's overlap with the truth, in order. */
export async function* evaluateCases(
  network: AnchoredDiffusion,
  cases: readonly Case[],
  options: EnsembleOptions & { signal?: AbortSignal },
): AsyncGenerator<CaseResult> {
  const chunk = Math.max(1, Math.floor(BATCH / options.members));
  for (let start = 0; start < cases.length; start += chunk) {
    options.signal?.throwIfAborted();
    const originals = await Promise.all(cases.slice(start, start + chunk).map(loadOriginal));
    const segmentations = await segmentOriginals(network, originals, options);
    for (const [i, original] of originals.entries()) yield compare(original, segmentations[i]!);
  }
}

/** Segments images on the network's grid. The noise of an image depends on the seed and its id alone. */
export async function segmentOriginals(
  network: AnchoredDiffusion,
  originals: readonly Pick<Original, 'id' | 'image'>[],
  { steps, members, seed, signal, onStep }: EnsembleOptions & Pick<Parameters<typeof segment>[2], 'signal' | 'onStep'>,
): Promise<Segmentation[]> {
  const { imageSize, imageChannels } = network.config;
  const values = originals.map(({ id, image }) => {
    const { data, channels } = prepareImage(image, { imageSize });
    if (channels !== imageChannels) {
      throw new UserError(`${id}: the run was trained on images of ${imageChannels} channels, got ${channels}`);
    }
    return data;
  });
  const images = tf.tensor4d(concatenate(values), [originals.length, ...imageSize, imageChannels]);
  const random = createRandom(seed);
  try {
    return await segment(network, images, {
      scheduler: createScheduler(),
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

/** A map on the network's grid brought to the size of an image. */
export function toImageSize(
  map: Float32Array,
  from: Segmentation,
  { width, height }: { width: number; height: number },
): Float32Array {
  return resize(map, from, [height, width]);
}

export function threshold(map: Float32Array, level = 0.5): Uint8Array {
  return Uint8Array.from(map, (value) => (value >= level ? 1 : 0));
}

function compare({ id, patient, image, mask }: Original, segmentation: Segmentation): CaseResult {
  const overlap = (prediction: Uint8Array): Overlap => ({ dice: dice(prediction, mask), iou: iou(prediction, mask) });
  return {
    id,
    patient,
    ...overlap(threshold(toImageSize(segmentation.probability, segmentation, image))),
    anchor: overlap(threshold(toImageSize(segmentation.anchor, segmentation, image))),
    otsu: overlap(otsuMask(image)),
  };
}

/** Pixels brighter than Otsu's threshold on the mean of the channels. */
function otsuMask({ data, channels }: { data: ArrayLike<number>; channels: number }): Uint8Array {
  const grey = new Float32Array(data.length / channels);
  for (let i = 0; i < data.length; i++) grey[Math.floor(i / channels)]! += data[i]! / channels;
  const level = otsuThreshold(grey);
  return Uint8Array.from(grey, (value) => (value > level ? 1 : 0));
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

/** Means of the results of several images. */
export function meanOf(results: readonly CaseResult[]): Overlap & { anchor: Overlap; otsu: Overlap } {
  const mean = (pick: (result: CaseResult) => Overlap): Overlap => ({
    dice: results.reduce((sum, result) => sum + pick(result).dice, 0) / results.length,
    iou: results.reduce((sum, result) => sum + pick(result).iou, 0) / results.length,
  });
  return { ...mean((r) => r), anchor: mean((r) => r.anchor), otsu: mean((r) => r.otsu) };
}
