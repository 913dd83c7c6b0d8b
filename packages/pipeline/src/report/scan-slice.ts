import { requireList, requireObject } from '@medseg/arguments';
import { type SliceGrid, sliceGrid, type View } from '@medseg/datasets';
import type { TruthCase } from '../evaluation/truth.ts';

/** One slice of what lies on a scan's grid, row by row. */
export interface Slice {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** Its values, row by row, those of a pixel side by side. */
  readonly data: Float32Array;
}

/** Cuts a slice out of values on a scan's grid, `channels` of them a pixel. */
export function cutSlice(values: ArrayLike<number>, channels: number, sliceGrid: SliceGrid, slice: number): Slice {
  requireList('cutSlice: values', values);
  requireObject('cutSlice: sliceGrid', sliceGrid, ['count', 'height', 'width', 'start']);
  const { height, width, start, strides } = sliceGrid;
  const data = new Float32Array(height * width * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (start + slice * strides[0] + y * strides[1] + x * strides[2]) * channels;
      for (let c = 0; c < channels; c++) data[to++] = values[at + c]!;
    }
  }
  return { height, width, data };
}

/** The slice of a case, as a view lays them, with the most of the truth, and the grid that it lies in; the middle one where there is none. */
export function fullestSlice(truthCase: TruthCase, view: View = {}): { grid: SliceGrid; slice: number } {
  requireObject('fullestSlice: truthCase', truthCase, ['id', 'patient', 'scan', 'truth']);
  const { scan, truth } = truthCase;
  const grid = sliceGrid(scan, view.plane);
  let best = { slice: grid.count >> 1, pixels: 0 };
  for (let slice = 0; slice < grid.count; slice++) {
    const pixels = truth.reduce((sum, mask) => sum + cutSlice(mask, 1, grid, slice).data.reduce((a, b) => a + b, 0), 0);
    if (pixels > best.pixels) best = { slice, pixels };
  }
  return { grid, slice: best.slice };
}
