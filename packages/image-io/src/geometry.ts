/** Three numbers: along i, j and k, or along x, y and z. */
export type Triple = readonly [number, number, number];
/** 3 x 3, row by row. */
export type Matrix = readonly [number, number, number, number, number, number, number, number, number];

export const identity: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Where a grid of voxels lies. */
export interface Geometry {
  spacing: Triple;
  origin: Triple;
  direction: Matrix;
}

/** Splits the steps from voxel to voxel along i, j and k into lengths and unit vectors. Undefined when they span no space. */
export function geometryOf(steps: readonly [Triple, Triple, Triple], origin: Triple): Geometry | undefined {
  const spacing = steps.map((step) => Math.hypot(...step)) as [number, number, number];
  const direction = [0, 1, 2].flatMap((row) =>
    steps.map((step, axis) => step[row]! / spacing[axis]!),
  ) as unknown as Matrix;
  const isSound = [...origin, ...spacing, ...direction].every(Number.isFinite);
  return isSound && Math.abs(determinant(direction)) > 1e-6 ? { spacing, origin, direction } : undefined;
}

/** The step from voxel to voxel along each axis, times spacing: the columns of the affine. */
export function stepsOf({ spacing, direction }: Pick<Geometry, 'spacing' | 'direction'>): [Triple, Triple, Triple] {
  const step = (axis: 0 | 1 | 2): Triple => [
    direction[axis] * spacing[axis],
    direction[(3 + axis) as 3] * spacing[axis],
    direction[(6 + axis) as 6] * spacing[axis],
  ];
  return [step(0), step(1), step(2)];
}

/** Changes the sign of world axes: LPS, which DICOM, NRRD and MetaImage use, and RAS differ in the first two. */
export function flipWorld(geometry: Geometry, [x, y, z]: Triple = [-1, -1, 1]): Geometry {
  const sign = [x, y, z];
  return {
    spacing: geometry.spacing,
    // Adding 0 makes a plain 0 of -0.
    origin: geometry.origin.map((value, row) => value * sign[row]! + 0) as unknown as Triple,
    direction: geometry.direction.map((value, i) => value * sign[Math.floor(i / 3)]! + 0) as unknown as Matrix,
  };
}

export function determinant([a, b, c, d, e, f, g, h, i]: Matrix): number {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/** A unit vector that stands on two others, for the axis that a flat image does not have. */
export function normalTo([a, b, c]: Triple, [d, e, f]: Triple): Triple {
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d] as const;
  const length = Math.hypot(...normal);
  return [normal[0] / length, normal[1] / length, normal[2] / length];
}
