/** Pixels with a NaN and with an infinity among their channels, and the channels that have no number at all. */
interface NotFinite {
  nan: number;
  infinite: number;
  /** Numbers of the channels, from 0. */
  empty: number[];
}

/** Whether an array can hold NaN and infinities. */
export function isFloat(data: ArrayLike<number>): boolean {
  return data instanceof Float32Array || data instanceof Float64Array || Array.isArray(data);
}

/**
 * Counts the pixels that are not numbers. Networks compute in float32: what is too large for it counts as infinite.
 *
 * `data`: [n, stored] interleaved, of which the first `channels` are looked at.
 */
export function countNotFinite(data: ArrayLike<number>, channels: number, stored: number = channels): NotFinite {
  const found: NotFinite = { nan: 0, infinite: 0, empty: [] };
  if (!isFloat(data)) return found;
  const numbers = new Array<number>(channels).fill(0);
  for (let i = 0; i < data.length; i += stored) {
    let hasNan = false;
    let isInfinite = false;
    for (let c = 0; c < channels; c++) {
      const value = data[i + c]!;
      if (Number.isNaN(value)) hasNan = true;
      else if (!Number.isFinite(Math.fround(value))) isInfinite = true;
      else numbers[c]!++;
    }
    if (hasNan) found.nan++;
    if (isInfinite) found.infinite++;
  }
  found.empty = [...numbers.keys()].filter((c) => numbers[c] === 0);
  return found;
}

/** The rule that intensities break, with what was found; undefined where they can be normalised. */
export function intensityProblem(
  { infinite, empty }: NotFinite,
  pixels: number,
  noun: 'voxels' | 'pixels',
): string | undefined {
  if (infinite > 0)
    return `intensities must be finite, or NaN outside the field of view, got ${infinite} infinite of ${pixels} ${noun}`;
  if (pixels === 0 || empty.length === 0) return undefined;
  return `an image must have numbers in each channel, got NaN in all ${pixels} ${noun} of channel ${empty[0]! + 1}`;
}
