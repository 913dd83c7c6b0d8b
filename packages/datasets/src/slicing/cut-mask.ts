import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import type { MaskBits } from '../reading/mask-bits.ts';
import { wholeOf } from './prepare.ts';
import { resize } from './resize.ts';
import type { SliceGrid } from './slice-grid.ts';
import type { Place } from './view.ts';

/**
 * How a mask is resized. `area`: a pixel is of a class when at least half of its area is, and of the
 * class with the largest share where classes exclude one another. `nearest`: what lies at its middle. `soft`: the share
 * itself.
 */
export type MaskResize = 'area' | 'nearest' | 'soft';

/**
 * A mask of a whole case: channels as bits, or as shares between 0 and 1, [pixels, classes]; and 1 for each pixel to
 * ignore, where there are any.
 */
export type MaskLayer = (
  | {
      /** Bit k of a pixel for class k. */
      bits: MaskBits;
    }
  | {
      /** Share of each class, [pixels, classes]. */
      shares: Float32Array;
    }
) & {
  /** 1 for each pixel that counts in no loss and no score, [pixels]; absent where all count. */
  ignored?: Uint8Array;
};

/** Options of {@link cutMask}. */
export interface CutMaskOptions {
  /** Channels of the mask. */
  classes: number;
  /** Whether at most one class has a pixel. */
  exclusive: boolean;
  /** [height, width] of the result. */
  imageSize: readonly [number, number];
  /** How a mask changes its size. Default 'area'. */
  maskResize?: MaskResize;
}

const cutMaskOptionNames: OptionNames<CutMaskOptions> = {
  classes: true,
  exclusive: true,
  imageSize: true,
  maskResize: true,
};

/**
 * Cuts a place out of a mask and resizes it to the network's input, [height, width, classes].
 *
 * Averaged annotators give shares, which stay shares whatever `maskResize` is, except with `nearest`. Pixels to ignore take
 * no part: shares are of the area that counts, which {@link cutWeights} gives.
 */
export function cutMask(layer: MaskLayer, grid: SliceGrid, place: Place, options: CutMaskOptions): Float32Array {
  requireObject('cutMask: grid', grid, ['count', 'height', 'width', 'start']);
  requireObject('cutMask: place', place, ['slice']);
  const { slice, window = wholeOf(grid) } = place;
  requireOptions('cutMask', options, cutMaskOptionNames);
  const { classes, exclusive, imageSize, maskResize = 'area' } = options;
  const { height, width } = window;
  const [outHeight, outWidth] = imageSize;
  const indexOf = indexIn(grid, slice, window);
  const read = (out: Float32Array, to: number, y: number, x: number): void => {
    const at = indexOf(y, x);
    if (layer.ignored?.[at]) return;
    if ('bits' in layer) for (let k = 0; k < classes; k++) out[to + k] = (layer.bits[at]! >>> k) & 1;
    else for (let k = 0; k < classes; k++) out[to + k] = layer.shares[at * classes + k]!;
  };
  if (maskResize === 'nearest') {
    const out = new Float32Array(outHeight * outWidth * classes);
    for (let y = 0; y < outHeight; y++)
      for (let x = 0; x < outWidth; x++)
        read(out, (y * outWidth + x) * classes, middle(y, outHeight, height), middle(x, outWidth, width));
    return out;
  }
  const cut = new Float32Array(height * width * classes);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) read(cut, (y * width + x) * classes, y, x);
  const shares = resize(cut, { height, width, channels: classes }, imageSize);
  const weights = cutWeights(layer, grid, { slice, window }, { imageSize });
  if (weights)
    for (let i = 0; i < shares.length; i++) {
      const weight = weights[Math.floor(i / classes)]!;
      if (weight > 0) shares[i] = Math.min(1, shares[i]! / weight);
    }
  if (maskResize === 'soft' || !('bits' in layer)) return shares;
  return exclusive && classes > 1 ? largest(shares, classes) : shares.map((share) => (share >= half ? 1 : 0));
}

/**
 * How much of each pixel of the network's input counts at a place: the share of its area that is not to be ignored, or
 * with `nearest` 0 or 1 as the pixel at its middle, [height, width]. Undefined where all counts.
 */
export function cutWeights(
  { ignored }: Pick<MaskLayer, 'ignored'>,
  grid: SliceGrid,
  { slice, window = wholeOf(grid) }: Place,
  { imageSize, maskResize = 'area' }: Pick<CutMaskOptions, 'imageSize' | 'maskResize'>,
): Float32Array | undefined {
  if (!ignored) return undefined;
  const { height, width } = window;
  const [outHeight, outWidth] = imageSize;
  const indexOf = indexIn(grid, slice, window);
  const counts = (y: number, x: number): number => (ignored[indexOf(y, x)] ? 0 : 1);
  let weights: Float32Array;
  if (maskResize === 'nearest')
    weights = Float32Array.from({ length: outHeight * outWidth }, (_, i) =>
      counts(middle(Math.floor(i / outWidth), outHeight, height), middle(i % outWidth, outWidth, width)),
    );
  else {
    const cut = Float32Array.from({ length: height * width }, (_, i) => counts(Math.floor(i / width), i % width));
    weights = resize(cut, { height, width }, imageSize).map((weight) => Math.min(1, weight));
  }
  return weights.every((weight) => weight === 1) ? undefined : weights;
}

/** The index in the file of a row and a column of a window, edges repeated. */
function indexIn(grid: SliceGrid, slice: number, window: Required<Place>['window']): (y: number, x: number) => number {
  const { start, strides } = grid;
  return (y, x) => {
    const row = Math.min(grid.height - 1, Math.max(0, window.top + y));
    const column = Math.min(grid.width - 1, Math.max(0, window.left + x));
    return start + slice * strides[0] + row * strides[1] + column * strides[2];
  };
}

/** A hair under a half, so that rounding in the sums does not decide. */
const half = 0.5 - 1e-6;

function middle(i: number, to: number, from: number): number {
  return Math.min(from - 1, Math.floor(((i + 0.5) * from) / to));
}

/** One where a class has the largest share, the background being one of them. */
function largest(shares: Float32Array, classes: number): Float32Array {
  const out = new Float32Array(shares.length);
  for (let at = 0; at < shares.length; at += classes) {
    let background = 1;
    let best = 0;
    for (let k = 0; k < classes; k++) {
      background -= shares[at + k]!;
      if (shares[at + k]! > shares[at + best]! + 1e-6) best = k;
    }
    if (shares[at + best]! >= background - 1e-6) out[at + best] = 1;
  }
  return out;
}
