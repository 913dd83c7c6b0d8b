import { z } from 'zod';

/** Shared pieces of the networks' options. */
export const count = z.int().positive();
export const levels = z.array(count).min(1);
export const flags = z.array(z.boolean()).min(1);
export const headPadding = z
  .enum(['zeros', 'replicate'])
  .default('replicate')
  .describe('what the last convolutions see beyond the border');
/** One number of a size that must be square. */
export function sideOf(who: string, [height, width]: readonly [number, number]): number {
  if (height === width) return height;
  throw new RangeError(
    `${who}: is built for square images, data.imageSize must have equal sides, got ${height}x${width}`,
  );
}
