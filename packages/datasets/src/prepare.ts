import type { Image } from '@medseg/image-io';
import { DataError } from './data-error.ts';
import { type NormalizationMode, normalizeIntensity } from './normalize.ts';
import { resize } from './resize.ts';

/** How a file's pixels become a network's input. Kept with a trained model, so that segmentation does the same. */
export interface PrepareOptions {
  /** [height, width] of the network's input. */
  imageSize: readonly [number, number];
  normalization?: NormalizationMode;
}

/** An image without its opacity channel, samples as float32. */
export interface Pixels {
  height: number;
  width: number;
  channels: number;
  data: Float32Array;
}

/** Drops the opacity channel and gives the samples as float32, [height, width, channels]. */
export function measuredPixels({ width, height, channels, data, alpha }: Image): Pixels {
  if (!alpha || channels === 1) return { height, width, channels, data: new Float32Array(data) };
  const kept = channels - 1;
  const out = new Float32Array(width * height * kept);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < kept; c++) out[i * kept + c] = data[i * channels + c]!;
  return { height, width, channels: kept, data: out };
}

/**
 * Turns an image into a network's input: opacity dropped, resized, then normalised.
 *
 * Returns [imageSize[0], imageSize[1], channels]. Throws RangeError when `imageSize` is not positive.
 *
 * @example const { data, channels } = prepareImage(await readImage(path), { imageSize: [64, 64] })
 */
export function prepareImage(image: Image, { imageSize, normalization = 'mri' }: PrepareOptions): Pixels {
  const pixels = measuredPixels(image);
  const white = image.bitDepth === 8 ? 255 : image.bitDepth === 16 ? 65535 : 1;
  const data = normalizeIntensity(resize(pixels.data, pixels, imageSize), pixels.channels, {
    mode: normalization,
    white,
  });
  return { height: imageSize[0], width: imageSize[1], channels: pixels.channels, data };
}

/**
 * Turns a mask image of at most two values or colours into 0 and 1. Zero is background; of two other values the smaller.
 *
 * Returns [height, width]. Throws DataError naming `file` and the values when there are more than two.
 *
 * @example const mask = binarizeMask(await readImage(path), path)
 */
export function binarizeMask(image: Image, file: string): Uint8Array {
  const { height, width, channels, data } = measuredPixels(image);
  const count = height * width;
  const seen = new Map<string | number, { sum: number; shown: string }>();
  const keyOf = (i: number): string | number => {
    const first = data[i * channels]!;
    for (let c = 1; c < channels; c++) {
      if (data[i * channels + c] !== first) return data.subarray(i * channels, (i + 1) * channels).join('/');
    }
    return first;
  };
  const keys = Array.from({ length: count }, (_, i) => keyOf(i));
  for (let i = 0; i < count && seen.size < 100; i++) {
    const key = keys[i]!;
    if (seen.has(key)) continue;
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[i * channels + c]!;
    seen.set(key, { sum, shown: String(key) });
  }
  const values = [...seen].sort(([, a], [, b]) => a.sum - b.sum);
  if (values.length > 2) {
    const shown = values.slice(0, 4).map(([, value]) => value.shown);
    const more = seen.size >= 100 ? ' and many more' : values.length > 4 ? ` and ${values.length - 4} more` : '';
    throw new DataError([{ file, rule: `a mask must have at most two values, got ${shown.join(', ')}${more}` }]);
  }
  const foreground = values.length === 2 || values[0]![1].sum !== 0 ? values.at(-1)![0] : undefined;
  return Uint8Array.from(keys, (key) => (key === foreground ? 1 : 0));
}

/**
 * Resizes a mask of 0 and 1: a pixel is foreground when at least half of its area is.
 *
 * @example resizeMask(mask, { height: 256, width: 256 }, [64, 64])
 */
export function resizeMask(
  mask: ArrayLike<number>,
  { height, width }: { height: number; width: number },
  size: readonly [number, number],
): Float32Array {
  // A hair under a half, so that rounding in the sums does not decide.
  return resize(mask, { height, width }, size).map((share) => (share >= 0.5 - 1e-6 ? 1 : 0));
}
