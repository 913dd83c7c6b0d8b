import { requireObject } from '@medseg/arguments';
import type { Image, Matrix, Volume } from '@medseg/image-io';
import type { Scan } from '../scan.ts';
import { isVolume } from '../scan.ts';
import type { Plane } from './view.ts';

/** A stack of slices over the pixels of an image or volume: which pixel is where. */
export interface SliceGrid {
  /** Slices. */
  count: number;
  /** Rows of a slice. */
  height: number;
  /** Columns of a slice. */
  width: number;
  /** Number of the pixel in the file that is row 0, column 0 of slice 0. */
  start: number;
  /** Pixels of the file from one slice, row and column to the next; negative where the file runs the other way. */
  strides: readonly [slice: number, row: number, column: number];
  /** The axis of the file, 0 to 2, that slices are numbered along, and whether backwards; absent for an image. */
  sliceAxis?: {
    /** The axis of the file. */
    axis: 0 | 1 | 2;
    /** Whether slices are numbered from its end. */
    reversed: boolean;
  };
  /** Millimetres between rows and between columns; absent where the file does not say. */
  spacing?: [row: number, column: number];
  /** Millimetres between slices; absent where the file does not say. */
  sliceSpacing?: number;
}

interface Step {
  axis: 0 | 1 | 2;
  reversed: boolean;
}

/** For each plane the world axis, and whether against it, of slices, rows and columns, in RAS+: as radiologists look at it. */
const bodyPlanes: Record<'axial' | 'coronal' | 'sagittal', readonly [WorldStep, WorldStep, WorldStep]> = {
  axial: [
    [2, false],
    [1, true],
    [0, true],
  ],
  coronal: [
    [1, false],
    [2, true],
    [0, true],
  ],
  sagittal: [
    [0, false],
    [2, true],
    [1, true],
  ],
};

type WorldStep = readonly [axis: 0 | 1 | 2, reversed: boolean];

const filePlanes: Record<'i' | 'j' | 'k', readonly [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2]> = {
  i: [0, 2, 1],
  j: [1, 2, 0],
  k: [2, 1, 0],
};

/**
 * Lays slices over a scan. Body planes look alike whatever the orientation in the file: axial slices from the feet up
 * with the front on top and the patient's right on the left, coronal and sagittal ones with the head on top. File axes
 * are taken as they are. An image is one slice.
 *
 * @example sliceGrid(volume, 'coronal').count
 */
export function sliceGrid(
  scan: Scan | Pick<Volume, 'size' | 'spacing' | 'direction'>,
  plane: Plane = 'axial',
): SliceGrid {
  requireObject('sliceGrid: scan', scan, []);
  if (!('size' in scan)) return imageGrid(scan);
  const { size, spacing, direction } = scan;
  const steps = stepsOfPlane(direction, plane);
  const strides = [1, size[0], size[0] * size[1]] as const;
  const signed = steps.map(({ axis, reversed }) => (reversed ? -strides[axis] : strides[axis]));
  const start = steps.reduce((sum, { axis, reversed }) => sum + (reversed ? (size[axis] - 1) * strides[axis] : 0), 0);
  const [slice, row, column] = steps as [Step, Step, Step];
  return {
    count: size[slice.axis],
    height: size[row.axis],
    width: size[column.axis],
    start,
    strides: [signed[0]!, signed[1]!, signed[2]!],
    sliceAxis: slice,
    spacing: [spacing[row.axis], spacing[column.axis]],
    sliceSpacing: spacing[slice.axis],
  };
}

function imageGrid({ width, height }: Pick<Image, 'width' | 'height'>): SliceGrid {
  return { count: 1, height, width, start: 0, strides: [0, width, 1] };
}

function stepsOfPlane(direction: Matrix, plane: Plane): Step[] {
  if (plane === 'i' || plane === 'j' || plane === 'k')
    return filePlanes[plane].map((axis) => ({ axis, reversed: false }));
  const nearest = fileAxes(direction);
  return bodyPlanes[plane].map(([world, reversed]) => {
    const axis = nearest[world]!;
    return { axis, reversed: direction[world * 3 + axis]! > 0 === reversed };
  });
}

const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** The axis of the file that lies nearest to x, y and z, each taken once. */
function fileAxes(direction: Matrix): readonly (0 | 1 | 2)[] {
  const fit = (order: readonly number[]): number =>
    order.reduce((sum, axis, world) => sum + Math.abs(direction[world * 3 + axis]!), 0);
  return orders.reduce(
    (best, order) => (fit(order) > fit(best) + 1e-9 ? order : best),
    orders[0] as readonly (0 | 1 | 2)[],
  );
}

/** Number of a slice's own index along its axis of the file. */
export function fileIndex({ sliceAxis, count }: SliceGrid, slice: number): number {
  return sliceAxis?.reversed ? count - 1 - slice : slice;
}

/** Pixels of a scan. */
export function pixelCount(scan: Scan): number {
  return isVolume(scan) ? scan.size[0] * scan.size[1] * scan.size[2] : scan.width * scan.height;
}
