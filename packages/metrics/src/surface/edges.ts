import type { Mask } from '../arrays.ts';
import type { Grid3 } from '../grid.ts';
import type { Box } from './bounding-box.ts';

/** The surface of a mask inside a box: where it runs and, for subvoxel edges, the code of each surface element. */
export interface Edges {
  readonly shape: readonly [number, number, number];
  /** 1 at each surface element. */
  readonly on: Uint8Array;
  /** The neighbourhood code at each point (see surfels.ts). */
  readonly codes?: Uint8Array;
  readonly count: number;
}

/**
 * Pixels of the mask with a neighbour outside it along an axis: the mask less its erosion by a cross, the image's
 * border counting as outside (MONAI's `get_mask_edges`, MedPy's surface).
 */
export function erosionEdges(mask: Mask, grid: Grid3, { low, high }: Box): Edges {
  const [depth, height, width] = grid.shape;
  const plane = height * width;
  const shape = [high[0] - low[0], high[1] - low[1], high[2] - low[2]] as const;
  const on = new Uint8Array(shape[0] * shape[1] * shape[2]);
  const deep = grid.axes === 3;
  let count = 0;
  let j = 0;
  for (let z = low[0]; z < high[0]; z++) {
    const endZ = z === 0 || z === depth - 1;
    for (let y = low[1]; y < high[1]; y++) {
      const end = (deep && endZ) || y === 0 || y === height - 1;
      let i = z * plane + y * width + low[2];
      for (let x = low[2]; x < high[2]; x++, i++, j++) {
        if (mask[i] !== 1) continue;
        const inner =
          !end &&
          x > 0 &&
          x < width - 1 &&
          mask[i - 1] === 1 &&
          mask[i + 1] === 1 &&
          mask[i - width] === 1 &&
          mask[i + width] === 1 &&
          (!deep || (mask[i - plane] === 1 && mask[i + plane] === 1));
        if (inner) continue;
        on[j] = 1;
        count++;
      }
    }
  }
  return { shape, on, count };
}

/**
 * Corners between pixels, neither wholly inside nor wholly outside: the surface elements of DeepMind's
 * surface-distance. There is one corner more than pixels along each axis; beyond the image is outside.
 */
export function subvoxelEdges(mask: Mask, grid: Grid3, { low, high }: Box): Edges {
  const [, height, width] = grid.shape;
  const deep = grid.axes === 3;
  const shape = [high[0] - low[0] + (deep ? 1 : 0), high[1] - low[1] + 1, high[2] - low[2] + 1] as const;
  const [, rows, columns] = shape;
  const codes = new Uint8Array(shape[0] * rows * columns);
  // Each inside pixel sets one bit in each of the corners around it.
  for (let z = 0; z < high[0] - low[0]; z++) {
    for (let y = 0; y < high[1] - low[1]; y++) {
      const line = ((z + low[0]) * height + y + low[1]) * width + low[2];
      const corner = (z * rows + y) * columns;
      for (let x = 0; x < high[2] - low[2]; x++) {
        if (mask[line + x] !== 1) continue;
        let at = corner + x;
        for (let bit = 1; bit <= (deep ? 16 : 1); bit *= 16, at += rows * columns) {
          codes[at] = codes[at]! | bit;
          codes[at + 1] = codes[at + 1]! | (bit * 2);
          codes[at + columns] = codes[at + columns]! | (bit * 4);
          codes[at + columns + 1] = codes[at + columns + 1]! | (bit * 8);
        }
      }
    }
  }
  const full = deep ? 255 : 15;
  const on = new Uint8Array(codes.length);
  let count = 0;
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] === 0 || codes[i] === full) continue;
    on[i] = 1;
    count++;
  }
  return { shape, on, codes, count };
}
