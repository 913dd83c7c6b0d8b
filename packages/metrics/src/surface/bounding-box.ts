import { type Mask, maskError } from '../arrays.ts';
import type { Grid3 } from '../grid.ts';

/** A box of voxels: `low` inclusive, `high` exclusive, along each axis. */
export interface Box {
  readonly low: readonly [number, number, number];
  readonly high: readonly [number, number, number];
}

/**
 * The smallest box that holds both masks; undefined when both are empty. Throws RangeError, in the name of what was
 * asked, at the first value that is neither 0 nor 1: one look at each pixel serves both.
 */
export function boundingBox(asked: string, prediction: Mask, truth: Mask, { shape }: Grid3): Box | undefined {
  const [depth, height, width] = shape;
  let z0 = depth;
  let z1 = -1;
  let y0 = height;
  let y1 = -1;
  let x0 = width;
  let x1 = -1;
  let i = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      let first = -1;
      let last = -1;
      for (let x = 0; x < width; x++, i++) {
        const p = prediction[i]!;
        const t = truth[i]!;
        if (p === 0 && t === 0) continue;
        if (p !== 0 && p !== 1) throw maskError(asked, 'prediction', i, p);
        if (t !== 0 && t !== 1) throw maskError(asked, 'truth', i, t);
        if (first < 0) first = x;
        last = x;
      }
      if (last < 0) continue;
      if (z < z0) z0 = z;
      z1 = z;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
      if (first < x0) x0 = first;
      if (last > x1) x1 = last;
    }
  }
  return z1 < 0 ? undefined : { low: [z0, y0, x0], high: [z1 + 1, y1 + 1, x1 + 1] };
}
