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
 * A mask that lossy compression has gone over (JPEG) has values around 0 and 255: there foreground is what is lighter
 * than 127 in the mean of its channels, and no number of values is too many.
 *
 * Returns [height, width]. Throws DataError naming `file` and the values when there are more than two.
 *
 * @example const mask = binarizeMask(await readImage(path), path)
 */
export function binarizeMask(image: Image, file: string): Uint8Array {
  const { height, width, channels, data } = measuredPixels(image);
  const count = height * width;
  if (image.lossy) return Uint8Array.from({ length: count }, (_, i) => (isLight(data, i * channels, channels) ? 1 : 0));
  const values: number[][] = [];
  const labels = new Uint8Array(count);
  // A good mask has two values, so that looking through the list of them is a look at one or two.
  for (let i = 0; i < count && values.length <= shownValues; i++) {
    const at = i * channels;
    let label = 0;
    while (label < values.length && !isSame(data, at, values[label]!)) label++;
    if (label === values.length) values.push(Array.from(data.subarray(at, at + channels)));
    labels[i] = label;
  }
  const order = values.map((_, k) => k).sort((a, b) => compareBrightness(values[a]!, values[b]!));
  if (values.length > 2) {
    const shown = order
      .slice(0, shownValues)
      .map((k) => (new Set(values[k]!).size === 1 ? values[k]![0] : values[k]!.join('/')));
    const more = values.length > shownValues ? ' and more' : '';
    throw new DataError([{ file, rule: `a mask must have at most two values, got ${shown.join(', ')}${more}` }]);
  }
  const isEmpty = values.length === 1 && values[0]!.every((level) => level === 0);
  const foreground = isEmpty ? -1 : order.at(-1)!;
  return labels.map((label) => (label === foreground ? 1 : 0));
}

/** Whether the mean of a pixel's channels is over the middle of 8 bits. */
function isLight(data: Float32Array, at: number, channels: number): boolean {
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += data[at + c]!;
  return sum > 127 * channels;
}

/** Darker before lighter; colours of one brightness in an order of their own, the same in every mask. */
function compareBrightness(a: number[], b: number[]): number {
  const sum = (value: number[]): number => value.reduce((total, level) => total + level, 0);
  const first = a.findIndex((level, c) => level !== b[c]);
  return sum(a) - sum(b) || (first < 0 ? 0 : a[first]! - b[first]!);
}

/** So many values of a bad mask are named. */
const shownValues = 5;

function isSame(data: Float32Array, at: number, value: number[]): boolean {
  for (let c = 0; c < value.length; c++) if (data[at + c] !== value[c]) return false;
  return true;
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
