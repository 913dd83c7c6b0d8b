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

/** A mask of a whole case: channels as bits, or as shares between 0 and 1, [pixels, classes]. */
export type MaskLayer =
  | {
      /** Bit k of a pixel for class k. */
      bits: MaskBits;
    }
  | {
      /** Share of each class, [pixels, classes]. */
      shares: Float32Array;
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

/**
 * Cuts a place out of a mask and resizes it to the network's input, [height, width, classes].
 *
 * Averaged annotators give shares, which stay shares whatever `maskResize` is, except with `nearest`.
 */
export function cutMask(
  layer: MaskLayer,
  grid: SliceGrid,
  { slice, window = wholeOf(grid) }: Place,
  { classes, exclusive, imageSize, maskResize = 'area' }: CutMaskOptions,
): Float32Array {
  const { height, width } = window;
  const [outHeight, outWidth] = imageSize;
  const { start, strides } = grid;
  const read = (out: Float32Array, to: number, y: number, x: number): void => {
    const row = Math.min(grid.height - 1, Math.max(0, window.top + y));
    const column = Math.min(grid.width - 1, Math.max(0, window.left + x));
    const at = start + slice * strides[0] + row * strides[1] + column * strides[2];
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
  if (maskResize === 'soft' || !('bits' in layer)) return shares;
  return exclusive && classes > 1 ? largest(shares, classes) : shares.map((share) => (share >= half ? 1 : 0));
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
