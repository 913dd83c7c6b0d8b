import { requireList, requireObject } from '@medseg/arguments';
import { checkArray, type NumberArray } from './arrays.ts';

/** How a flat array lies in space. */
export interface Grid {
  /** Extent along each axis, slowest first: [height, width] or [depth, height, width]. */
  readonly shape: readonly number[];
  /** Millimetres between neighbours along each axis of `shape`; 1 along each unless told. */
  readonly spacing?: readonly number[];
}

/** A grid of three axes: a 2-D one has a first axis of extent 1. */
export interface Grid3 {
  readonly shape: readonly [number, number, number];
  readonly spacing: readonly [number, number, number];
  /** How many axes the caller's shape has: 2 or 3. */
  readonly axes: 2 | 3;
}

/** Checks shape and spacing and gives them three axes. Throws RangeError when they make no 2-D or 3-D grid. */
export function grid3(asked: string, grid: Grid): Grid3 {
  requireObject(`${asked}: the grid`, grid, ['shape']);
  const { shape } = grid;
  requireList(`${asked}: shape`, shape);
  if (grid.spacing !== undefined) requireList(`${asked}: spacing`, grid.spacing);
  const axes = shape.length;
  if (axes !== 2 && axes !== 3) {
    throw new RangeError(`${asked}: shape must have 2 or 3 axes, got [${shape.join(', ')}]`);
  }
  if (!shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
    throw new RangeError(`${asked}: shape must hold positive integers, got [${shape.join(', ')}]`);
  }
  const spacing = grid.spacing ?? shape.map(() => 1);
  if (spacing.length !== axes) {
    throw new RangeError(
      `${asked}: spacing must have one value for each axis of shape, got ${spacing.length} for ${axes}`,
    );
  }
  if (!spacing.every((step) => step > 0 && Number.isFinite(step))) {
    throw new RangeError(`${asked}: spacing must be positive and finite millimetres, got [${spacing.join(', ')}]`);
  }
  return axes === 2
    ? { shape: [1, shape[0]!, shape[1]!], spacing: [1, spacing[0]!, spacing[1]!], axes }
    : { shape: [shape[0]!, shape[1]!, shape[2]!], spacing: [spacing[0]!, spacing[1]!, spacing[2]!], axes };
}

/** Throws RangeError unless the array has one value for each point of the grid. */
export function checkFills(asked: string, name: string, values: NumberArray, grid: Grid3): void {
  checkArray(asked, name, values);
  const points = grid.shape[0] * grid.shape[1] * grid.shape[2];
  if (values.length !== points) {
    const shape = grid.shape.slice(3 - grid.axes).join(', ');
    throw new RangeError(`${asked}: ${name} must fill the shape [${shape}], ${points} values, got ${values.length}`);
  }
}

/**
 * Checks that two images lie on one grid, before their voxels are compared.
 *
 * a, b: shape and spacing (millimetres) of each. Throws RangeError naming the first axis where they differ; spacings
 * may differ by 1e-4 of their size, since files round them.
 *
 * @example checkSameGrid({ shape: [4, 4] }, { shape: [4, 5] }) // throws: shapes must be equal, axis 1 has 4 and 5
 */
export function checkSameGrid(a: Grid, b: Grid): void {
  const first = grid3('checkSameGrid', a);
  const second = grid3('checkSameGrid', b);
  if (first.axes !== second.axes) {
    throw new RangeError(`checkSameGrid: both must have as many axes, got ${first.axes} and ${second.axes}`);
  }
  for (let axis = 3 - first.axes; axis < 3; axis++) {
    const name = axis - 3 + first.axes;
    const [p, q] = [first.shape[axis]!, second.shape[axis]!];
    if (p !== q) throw new RangeError(`checkSameGrid: shapes must be equal, axis ${name} has ${p} and ${q}`);
    const [s, t] = [first.spacing[axis]!, second.spacing[axis]!];
    if (Math.abs(s - t) > 1e-4 * Math.max(s, t)) {
      throw new RangeError(`checkSameGrid: spacings must be equal, axis ${name} has ${s} and ${t} mm`);
    }
  }
}
