import type { Triple, Volume } from '@medseg/image-io';

type Grid = Pick<Volume, 'size' | 'spacing' | 'origin' | 'direction'>;

/** Where a voxel's centre lies, RAS+ millimetres. */
export function worldOf({ spacing, origin, direction }: Grid, [i, j, k]: Triple): Triple {
  const [x, y, z] = [i * spacing[0], j * spacing[1], k * spacing[2]];
  return [
    origin[0] + direction[0] * x + direction[1] * y + direction[2] * z,
    origin[1] + direction[3] * x + direction[4] * y + direction[5] * z,
    origin[2] + direction[6] * x + direction[7] * y + direction[8] * z,
  ];
}

/** How far apart the corners of two grids of one size lie at most, in millimetres. */
export function gridDistance(a: Grid, b: Grid): number {
  let most = 0;
  for (let corner = 0; corner < 8; corner++) {
    const at = [0, 1, 2].map((axis) => (corner & (1 << axis) ? a.size[axis]! - 1 : 0)) as unknown as Triple;
    const [p, q] = [worldOf(a, at), worldOf(b, at)];
    most = Math.max(most, Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]));
  }
  return most;
}
