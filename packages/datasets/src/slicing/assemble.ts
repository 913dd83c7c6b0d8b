import { requireObject } from '@medseg/arguments';
import { wholeOf } from './prepare.ts';
import { resize } from './resize.ts';
import type { SliceGrid } from './slice-grid.ts';
import type { Place } from './view.ts';

/** Assembles a network's output for slices and patches on the grid of the file. */
export interface Assembler {
  /**
   * Adds the output for a place. `values`: [size[0], size[1], K] on the network's grid; resized to the place. Where
   * places overlap, values are averaged, with more weight near the middle of a patch.
   */
  add(place: Place, values: ArrayLike<number>, size: readonly [height: number, width: number]): void;
  /** [pixels of the file, K], in the file's order; 0 where nothing was added. */
  values(): Float32Array;
}

/**
 * Makes an assembler for a file's grid and K values per pixel.
 *
 * @example
 * const scan = prepareScan(volume, preparation);
 * const whole = createAssembler(scan.grid, 2);
 * for (const place of scan.places) whole.add(place, await probabilityOf(scan.at(place)), [64, 64]);
 * const labels = labelsOf(whole.values(), classes)
 */
export function createAssembler(grid: SliceGrid, classes: number): Assembler {
  requireObject('createAssembler: grid', grid, ['count', 'height', 'width', 'start']);
  const { count, height, width, start, strides } = grid;
  const sums = new Float32Array(count * height * width * classes);
  // Whole slices never overlap: weights are only needed for patches.
  let weights: Float32Array | undefined;
  return {
    add(place, values, size) {
      const window = place.window ?? wholeOf(grid);
      const onPlace = resize(values, { height: size[0], width: size[1], channels: classes }, [
        window.height,
        window.width,
      ]);
      if (place.window) weights ??= new Float32Array(count * height * width);
      for (let y = 0; y < window.height; y++) {
        const row = window.top + y;
        if (row < 0 || row >= height) continue;
        for (let x = 0; x < window.width; x++) {
          const column = window.left + x;
          if (column < 0 || column >= width) continue;
          const at = start + place.slice * strides[0] + row * strides[1] + column * strides[2];
          const weight = place.window ? tent(y, window.height) * tent(x, window.width) : 1;
          if (weights) weights[at]! += weight;
          for (let k = 0; k < classes; k++)
            sums[at * classes + k]! += weight * onPlace[(y * window.width + x) * classes + k]!;
        }
      }
    },
    values() {
      if (!weights) return sums.slice();
      const out = new Float32Array(sums.length);
      for (let i = 0; i < weights.length; i++)
        for (let k = 0; k < classes; k++)
          out[i * classes + k] = weights[i]! > 0 ? sums[i * classes + k]! / weights[i]! : 0;
      return out;
    },
  };
}

/** 1 in the middle of an extent, falling to half a step above 0 at its ends. */
function tent(i: number, extent: number): number {
  const middle = extent / 2;
  return (middle - Math.abs(i + 0.5 - middle)) / middle;
}
