import { requireList } from '@medseg/arguments';

/** Samples that are drawn at once, at most, and their pixels: memory grows with these. */
const MOST = 40;
const MOST_PIXELS = MOST * 128 * 128;

/**
 * How many samples of a network's size a thread draws at once, places times members.
 *
 * @example samplesAtOnce([256, 256]) // 10
 */
export function samplesAtOnce(size: readonly [height: number, width: number]): number {
  requireList('samplesAtOnce: size', size);
  const [height, width] = size;
  return Math.max(1, Math.min(MOST, Math.floor(MOST_PIXELS / (height * width))));
}
