import { sliceGrid } from '@medseg/datasets';
import { createImage, createVolume } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { cutSlice } from './scan-slice.ts';
import { sliceSides } from './slice-sides.ts';

/** A volume of 3 x 3 x 3 whose voxels hold their world coordinates along x, y and z. */
function coordinates(direction: readonly number[]) {
  const data = new Float32Array(3 * 27);
  for (let k = 0; k < 3; k++)
    for (let j = 0; j < 3; j++)
      for (let i = 0; i < 3; i++)
        for (let world = 0; world < 3; world++)
          data[((k * 3 + j) * 3 + i) * 3 + world] = [i, j, k].reduce(
            (sum, at, a) => sum + at * direction[world * 3 + a]!,
            0,
          );
  return createVolume({ size: [3, 3, 3], channels: 3, data, direction: direction as never });
}

const LETTERS = [
  ['L', 'R'],
  ['P', 'A'],
  ['I', 'S'],
] as const;

/** What lies at a side by the coordinates themselves: the axis that differs most from the middle, and which way. */
function letterAt(data: Float32Array, at: number): string {
  const off = [0, 1, 2].map((world) => data[at * 3 + world]! - data[4 * 3 + world]!);
  const world = off.findIndex((value) => Math.abs(value) === Math.max(...off.map(Math.abs)));
  return LETTERS[world]![off[world]! > 0 ? 1 : 0];
}

describe('the sides of a slice', () => {
  it.each([
    ['RAS', [1, 0, 0, 0, 1, 0, 0, 0, 1]],
    ['LPS', [-1, 0, 0, 0, -1, 0, 0, 0, 1]],
    ['PIR', [0, 0, 1, -1, 0, 0, 0, -1, 0]],
    ['oblique', [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1]],
  ])('are those that the coordinates say, of a volume in %s', (_, direction) => {
    const volume = coordinates(direction);
    for (const plane of ['axial', 'coronal', 'sagittal', 'i', 'j', 'k'] as const) {
      const { data } = cutSlice(volume.data, 3, sliceGrid(volume, plane), 1);
      // Row by row of 3: the middles of the first column, the last, the first row and the last.
      const [left, right, top, bottom] = [3, 5, 1, 7].map((at) => letterAt(data, at));
      expect(sliceSides(volume, plane), plane).toEqual({ left, right, top, bottom });
    }
  });

  it('are not known of an image', () => {
    expect(sliceSides(createImage({ width: 1, height: 1, channels: 1, data: Uint8Array.of(0) }))).toBeUndefined();
  });
});
