import type { Mask } from './arrays.ts';
import type { Grid3 } from './grid.ts';

/** A box of voxels: `low` inclusive, `high` exclusive, along each axis. */
export interface Box {
  readonly low: readonly [number, number, number];
  readonly high: readonly [number, number, number];
}

/** The smallest box that holds both masks; undefined when both are empty. */
export function boundingBox(a: Mask, b: Mask, { shape }: Grid3): Box | undefined {
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
        if (a[i] !== 0 || b[i] !== 0) {
          if (first < 0) first = x;
          last = x;
        }
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
