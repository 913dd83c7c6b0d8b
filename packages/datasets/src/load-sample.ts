import type { Image } from '@medseg/image-io';
import { readImage } from '@medseg/image-io/node';
import type { SampleSource } from './batcher.ts';
import type { Case, Sample } from './case.ts';
import { DataError } from './data-error.ts';
import { binarizeMask, type PrepareOptions, prepareImage, resizeMask } from './prepare.ts';

/** A case at its own size. */
export interface Original {
  id: string;
  patient: string;
  image: Image;
  /** 0 or 1, [image.height, image.width]. */
  mask: Uint8Array;
}

/**
 * Reads image and mask of a case at their own size.
 *
 * Throws FormatError for broken files, DataError when the sizes differ or the mask has more than two values.
 *
 * @example const { image, mask } = await loadOriginal(cases[0])
 */
export async function loadOriginal({ id, patient, imagePath, maskPath }: Case): Promise<Original> {
  const [image, maskImage] = await Promise.all([readImage(imagePath), readImage(maskPath)]);
  if (image.width !== maskImage.width || image.height !== maskImage.height) {
    const rule = `a mask must have the size of its image, got ${maskImage.width}x${maskImage.height} for ${image.width}x${image.height}`;
    throw new DataError([{ file: maskPath, rule }]);
  }
  return { id, patient, image, mask: binarizeMask(maskImage, maskPath) };
}

/**
 * Reads a case as a network takes it: resized, normalised, mask of 0 and 1.
 *
 * Throws what `loadOriginal` throws.
 *
 * @example const sample = await loadSample(cases[0], { imageSize: [64, 64] })
 */
export async function loadSample(c: Case, options: PrepareOptions): Promise<Sample> {
  return toSample(await loadOriginal(c), options);
}

/** Prepares a case that is already read. */
export function toSample({ id, patient, image, mask }: Original, options: PrepareOptions): Sample {
  const { data, height, width, channels } = prepareImage(image, options);
  return {
    id,
    patient,
    height,
    width,
    channels,
    image: data,
    mask: resizeMask(mask, image, options.imageSize),
    originalSize: [image.height, image.width],
  };
}

export interface CaseSourceOptions extends PrepareOptions {
  /** Decoded samples kept in memory; the one used longest ago goes first. 512 MiB unless given. */
  maxBytes?: number;
}

/**
 * Gives the samples of cases by number, read when first asked for and kept as far as `maxBytes` goes.
 *
 * @example const batcher = createBatcher(openCases(train, { imageSize: [64, 64] }), { batchSize: 16, seed: 1 })
 */
export function openCases(cases: readonly Case[], { maxBytes = 2 ** 29, ...prepare }: CaseSourceOptions): SampleSource {
  // A Map keeps insertion order: the first key is the one used longest ago.
  const kept = new Map<number, Sample>();
  let keptBytes = 0;
  const bytesOf = (sample: Sample): number => sample.image.byteLength + sample.mask.byteLength;
  return {
    length: cases.length,
    async sample(index) {
      const c = cases[index];
      if (!c) throw new RangeError(`openCases: index must be 0 to ${cases.length - 1}, got ${index}`);
      const hit = kept.get(index);
      if (hit) {
        kept.delete(index);
        kept.set(index, hit);
        return hit;
      }
      const sample = await loadSample(c, prepare);
      if (!kept.has(index)) {
        kept.set(index, sample);
        keptBytes += bytesOf(sample);
      }
      for (const [oldest, old] of kept) {
        if (keptBytes <= maxBytes) break;
        kept.delete(oldest);
        keptBytes -= bytesOf(old);
      }
      return sample;
    },
  };
}
