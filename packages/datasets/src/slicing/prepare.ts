import { type OptionNames, requireObject, requireOptions, requireText } from '@medseg/arguments';
import type { Image } from '@medseg/image-io';
import { binaryBits } from '../reading/binary-bits.ts';
import { maskPixels } from '../reading/mask-pixels.ts';
import { isVolume, measuredChannels, type Scan, whiteOf } from '../scan.ts';
import {
  applyScales,
  intensityScales,
  type Normalization,
  type NormalizationMode,
  type NormalizeOptions,
  normalizeIntensity,
  requireIntensities,
} from './normalize.ts';
import { placeId, placesOf } from './places.ts';
import { resize, resizeNumbers } from './resize.ts';
import { type SliceGrid, sliceGrid } from './slice-grid.ts';
import { checkView, type Place, type View } from './view.ts';

/**
 * How a file's pixels become a network's input. Plain JSON, kept with a trained model, so that segmentation does the
 * same.
 */
export interface PrepareOptions {
  /** [height, width] of the network's input. */
  imageSize: readonly [number, number];
  /** `mri` unless given. */
  normalization?: NormalizationMode | Normalization;
  /** How volumes become slices, and images patches. Default: axial slices, each resized as a whole. */
  view?: View;
}

export const prepareOptionNames: OptionNames<PrepareOptions> = { imageSize: true, normalization: true, view: true };

/** An image without its opacity channel, samples as float32. */
export interface Pixels {
  /** Rows. */
  height: number;
  /** Columns. */
  width: number;
  /** Values a pixel. */
  channels: number;
  /** [height, width, channels]. */
  data: Float32Array;
}

/** Drops the opacity channel and gives the samples as float32, [height, width, channels]. */
export function measuredPixels(image: Image): Pixels {
  requireObject('measuredPixels: image', image, ['width', 'height', 'channels', 'bitDepth']);
  const { width, height, channels, data } = image;
  const kept = measuredChannels(image);
  if (kept === channels) return { height, width, channels, data: new Float32Array(data) };
  const out = new Float32Array(width * height * kept);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < kept; c++) out[i * kept + c] = data[i * channels + c]!;
  return { height, width, channels: kept, data: out };
}

/**
 * Turns an image into a network's input: opacity dropped, resized, then normalised. NaN means outside the field of view:
 * the other pixels that it is resized with count alone, and it becomes 0.
 *
 * Returns [imageSize[0], imageSize[1], channels]. Throws RangeError when `imageSize` is not positive, for infinite
 * intensities and for a channel that is all NaN.
 *
 * @example const { data, channels } = prepareImage(await readImage(path), { imageSize: [64, 64] })
 */
export function prepareImage(image: Image, options: PrepareOptions): Pixels {
  requireOptions('prepareImage', options, prepareOptionNames);
  const { imageSize, normalization } = options;
  const pixels = measuredPixels(image);
  requireIntensities(pixels.data, pixels.channels);
  const data = normalizeIntensity(
    resizeNumbers(pixels.data, pixels, imageSize),
    pixels.channels,
    normalizeOptions(normalization, whiteOf(image)),
  );
  return { height: imageSize[0], width: imageSize[1], channels: pixels.channels, data };
}

function normalizeOptions(normalization: PrepareOptions['normalization'] = 'mri', white: number): NormalizeOptions {
  return { ...(typeof normalization === 'string' ? { mode: normalization } : normalization), white };
}

/** An image or volume of which any part can be had as a network takes it. */
export interface PreparedScan {
  /** How the slices lie in the file. */
  readonly grid: SliceGrid;
  /** All places, slice by slice. */
  readonly places: readonly Place[];
  /** Channels of a sample: those of the file, for each of the slices that a sample has. */
  readonly channels: number;
  /** The name of a place, from the case's. */
  nameOf(place: Place, id: string): string;
  /** [imageSize[0], imageSize[1], channels], normalised. */
  at(place: Place): Pixels;
  /** Millimetres between rows and columns of a sample at a place; absent where the file does not say. */
  spacingAt(place: Place): [row: number, column: number] | undefined;
}

/**
 * Makes an image or a volume ready for a network, slice by slice or patch by patch; what is measured for normalising
 * is measured once, over the whole.
 *
 * An image that is not cut into patches goes through `prepareImage`. All else is cut, normalised, then resized.
 *
 * NaN means outside the field of view: it is not measured and becomes 0.
 *
 * Throws RangeError for a view or size that cannot be, for infinite intensities and for a channel that is all NaN.
 *
 * @example
 * const scan = prepareScan(await readVolume(path), { imageSize: [64, 64], view: { plane: 'coronal' } });
 * const { data } = scan.at(scan.places[10])
 */
export function prepareScan(scan: Scan, options: PrepareOptions): PreparedScan {
  requireOptions('prepareScan', options, prepareOptionNames);
  const { imageSize, normalization, view = {} } = options;
  checkView(view);
  const grid = sliceGrid(scan, view.plane);
  const places = placesOf(grid, view, imageSize);
  const channels = measuredChannels(scan);
  const volume = isVolume(scan);
  const neighbours = volume ? (view.neighbours ?? 0) : 0;
  const scales =
    volume || view.patches
      ? intensityScales(
          channels === scan.channels ? scan.data : measuredPixels(scan as Image).data,
          channels,
          normalizeOptions(normalization, whiteOf(scan)),
        )
      : undefined;
  const nameOf = (place: Place, id: string): string => placeId(id, place, { isVolume: volume, view });
  const spacingAt = ({ window = wholeOf(grid) }: Place): [number, number] | undefined =>
    grid.spacing && [(grid.spacing[0] * window.height) / imageSize[0], (grid.spacing[1] * window.width) / imageSize[1]];
  if (!scales) {
    const at = (): Pixels => prepareImage(scan as Image, options);
    return { grid, places, channels, nameOf, at, spacingAt };
  }
  const stack = 2 * neighbours + 1;
  const at = (place: Place): Pixels => {
    const window = place.window ?? wholeOf(grid);
    const { height, width } = window;
    const size = height * width;
    const data = new Float32Array(size * channels * stack);
    for (let n = 0; n < stack; n++) {
      const slice = Math.min(grid.count - 1, Math.max(0, place.slice + n - neighbours));
      const cut = applyScales(cutChannels(scan, channels, grid, slice, window), scales);
      if (stack === 1) data.set(cut);
      else
        for (let i = 0; i < size; i++)
          for (let c = 0; c < channels; c++) data[(i * stack + n) * channels + c] = cut[i * channels + c]!;
    }
    const resized = resize(data, { height, width, channels: channels * stack }, imageSize);
    return { height: imageSize[0], width: imageSize[1], channels: channels * stack, data: resized };
  };
  return { grid, places, channels: channels * stack, nameOf, at, spacingAt };
}

/** The window that covers a slice. */
export function wholeOf({ height, width }: Pick<SliceGrid, 'height' | 'width'>): Required<Place>['window'] {
  return { top: 0, left: 0, height, width };
}

/** Cuts a window out of a slice, edges repeated, [height, width, channels]. */
function cutChannels(
  { data, channels: stored }: Scan,
  channels: number,
  { height, width, start, strides }: SliceGrid,
  slice: number,
  window: Required<Place>['window'],
): Float32Array {
  const out = new Float32Array(window.height * window.width * channels);
  let to = 0;
  for (let y = 0; y < window.height; y++) {
    const row = Math.min(height - 1, Math.max(0, window.top + y));
    const from = start + slice * strides[0] + row * strides[1];
    for (let x = 0; x < window.width; x++) {
      const column = Math.min(width - 1, Math.max(0, window.left + x));
      const at = (from + column * strides[2]) * stored;
      for (let c = 0; c < channels; c++) out[to++] = data[at + c]!;
    }
  }
  return out;
}

/**
 * Turns a mask image of at most two values or colours into 0 and 1. Zero, or index 0 of a palette, is background; of two
 * other values the smaller. Where the colour is constant, the opacity is the mask.
 *
 * A mask that lossy compression has gone over (JPEG) has values around 0 and 255: there foreground is what is lighter
 * than 127 in the mean of its channels, and no number of values is too many.
 *
 * Returns [height, width]. Throws DataError naming `file` and the values when there are more than two.
 *
 * @example const mask = binarizeMask(await readImage(path), path)
 */
export function binarizeMask(image: Image, file: string): Uint8Array {
  requireObject('binarizeMask: image', image, ['width', 'height', 'channels', 'bitDepth']);
  requireText('binarizeMask: file', file);
  return binaryBits(maskPixels(image), file);
}

const resizeMaskOptionNames: OptionNames<NonNullable<Parameters<typeof resizeMask>[1]>> = { height: true, width: true };

/**
 * Resizes a mask of 0 and 1: a pixel is foreground when at least half of its area is.
 *
 * @example resizeMask(mask, { height: 256, width: 256 }, [64, 64])
 */
export function resizeMask(
  mask: ArrayLike<number>,
  options: { height: number; width: number },
  size: readonly [number, number],
): Float32Array {
  requireOptions('resizeMask', options, resizeMaskOptionNames);
  const { height, width } = options;
  // A hair under a half, so that rounding in the sums does not decide.
  return resize(mask, { height, width }, size).map((share) => (share >= 0.5 - 1e-6 ? 1 : 0));
}
