import { SIDE } from './thumbnail.ts';

const PIXELS = SIDE * SIDE;

/** A thumbnail without what all images of a kind have in common, and without what noise and re-encoding change. */
export interface Details {
  /** The thumbnail itself, smoothed. */
  gray: Float32Array;
  /** Its details: what is neither as coarse as an outline nor as fine as a pixel. */
  band: Float32Array;
}

/**
 * The details of a thumbnail; undefined where they lie in so few pixels that images of different patients have them alike,
 * as the first slices of a head do.
 */
export function detailsOf(thumbnail: Float32Array): Details | undefined {
  const gray = smooth(thumbnail);
  let wide = gray;
  for (let i = 0; i < WIDE_PASSES; i++) wide = smooth(wide);
  const band = gray.map((value, i) => value - wide[i]!);
  return spreadOf(band) >= LEAST_SPREAD ? { gray, band } : undefined;
}

/** So often is a thumbnail smoothed to take away its outline. */
const WIDE_PASSES = 12;

/** Least share of the pixels that details must be spread over. */
const LEAST_SPREAD = 0.06;

/** Over which share of the pixels the energy of details is spread: 1 where it is everywhere the same. */
function spreadOf(band: Float32Array): number {
  let [squares, fourths] = [0, 0];
  for (const value of band) {
    squares += value ** 2;
    fourths += value ** 4;
  }
  return fourths === 0 ? 0 : squares ** 2 / fourths / band.length;
}

/** The mean of each pixel and its neighbours with weights 1, 2, 1 along rows and columns, the border repeated. */
function smooth(image: Float32Array): Float32Array {
  const rows = new Float32Array(PIXELS);
  const out = new Float32Array(PIXELS);
  const last = SIDE - 1;
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const at = y * SIDE;
      rows[at + x] = (image[at + Math.max(0, x - 1)]! + 2 * image[at + x]! + image[at + Math.min(last, x + 1)]!) / 4;
    }
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const [above, below] = [Math.max(0, y - 1) * SIDE + x, Math.min(last, y + 1) * SIDE + x];
      out[y * SIDE + x] = (rows[above]! + 2 * rows[y * SIDE + x]! + rows[below]!) / 4;
    }
  return out;
}
