import type { Segmentation, Triple, Volume } from '@medseg/image-io';
import type { ClassMap } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import { worldOf } from './grid-distance.ts';
import { emptyBits, type MaskBits } from './mask-bits.ts';
import { type FoundSegment, segmentPatterns } from './segment-classes.ts';

/**
 * Puts the segments of a DICOM SEG where they belong on the grid of its image: frames may be fewer than slices, and in
 * another order. A segment belongs to the class of its name, or, where no class is called so, of its number, which
 * `onSegment` is told; fractions count from a half. Segments that do not say where they lie are those of the image's slices, one after another.
 *
 * Throws DataError for a segment of no class, for frames that lie between or outside of the image's voxels, and for
 * frames without a position of another size than the image's.
 */
export function alignSegments(
  { segments, volume, isStack = false }: Segmentation,
  image: Volume,
  classes: ClassMap,
  file: string,
  onSegment?: (segment: FoundSegment, classes: readonly string[]) => void,
): MaskBits {
  const patterns = segmentPatterns(segments, classes, file, onSegment);
  const out = emptyBits(image.size[0] * image.size[1] * image.size[2], classes.names.length);
  const steps = isStack ? stepsOfStack(volume, image, file) : stepsBetween(volume, image, file);
  const { size, channels, data } = volume;
  const strides = [1, image.size[0], image.size[0] * image.size[1]] as const;
  for (let k = 0, from = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, from += channels) {
        let to = -1;
        for (let c = 0; c < channels; c++) {
          if (!(data[from + c]! >= 0.5)) continue;
          if (to < 0) to = voxelAt(steps, [i, j, k], image.size, strides, file);
          out[to]! |= patterns[c]!;
        }
      }
    }
  }
  return out;
}

interface Steps {
  start: Triple;
  along: readonly [Triple, Triple, Triple];
}

/** Voxel by voxel, where the segmentation was drawn on images without positions. */
function stepsOfStack({ size }: Volume, image: Volume, file: string): Steps {
  if (size[0] !== image.size[0] || size[1] !== image.size[1] || size[2] > image.size[2]) {
    const rule = `a segmentation without positions must have the size of its image, got ${size.join('x')} for ${image.size.join('x')}`;
    throw new DataError([{ file, rule }]);
  }
  return {
    start: [0, 0, 0],
    along: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  };
}

/** Voxels of the image from one voxel of the segmentation to the next; whole numbers, or it throws. */
function stepsBetween(from: Volume, to: Volume, file: string): Steps {
  const start = indexOf(to, worldOf(from, [0, 0, 0]));
  const along = [0, 1, 2].map((axis) => {
    const unit = [0, 0, 0] as [number, number, number];
    unit[axis] = 1;
    const next = indexOf(to, worldOf(from, unit));
    // An axis of one voxel has no step that could be wrong.
    if (from.size[axis] === 1) return [0, 0, 0] as Triple;
    return [next[0] - start[0], next[1] - start[1], next[2] - start[2]] as Triple;
  }) as unknown as [Triple, Triple, Triple];
  for (const [axis, step] of along.entries()) {
    const far = (from.size[axis]! - 1) * Math.max(...step.map((v) => Math.abs(v - Math.round(v))));
    if (far > 0.1) {
      const rule = `a segmentation must lie on the grid of its image, got steps of ${step.map((v) => v.toFixed(3))} voxels along its axis ${axis}`;
      throw new DataError([{ file, rule }]);
    }
  }
  if (start.some((v) => Math.abs(v - Math.round(v)) > 0.1)) {
    const rule = `a segmentation must lie on the grid of its image, got its first voxel at ${start.map((v) => v.toFixed(3))}`;
    throw new DataError([{ file, rule }]);
  }
  const whole = (triple: Triple): Triple => [Math.round(triple[0]), Math.round(triple[1]), Math.round(triple[2])];
  return { start: whole(start), along: [whole(along[0]), whole(along[1]), whole(along[2])] };
}

function voxelAt(
  { start, along }: Steps,
  [i, j, k]: Triple,
  size: Triple,
  strides: readonly [number, number, number],
  file: string,
): number {
  let to = 0;
  for (let axis = 0; axis < 3; axis++) {
    const index = start[axis]! + i * along[0][axis]! + j * along[1][axis]! + k * along[2][axis]!;
    if (index < 0 || index >= size[axis]!) {
      const rule = `a segmentation must lie inside of its image, got voxel ${index} of ${size[axis]} along axis ${axis}`;
      throw new DataError([{ file, rule }]);
    }
    to += index * strides[axis]!;
  }
  return to;
}

/** The voxel, with parts, at a place in the world: the inverse of `worldOf`. */
function indexOf({ spacing, origin, direction: d }: Volume, world: Triple): Triple {
  const [x, y, z] = [world[0] - origin[0], world[1] - origin[1], world[2] - origin[2]];
  const determinant =
    d[0] * (d[4] * d[8] - d[5] * d[7]) - d[1] * (d[3] * d[8] - d[5] * d[6]) + d[2] * (d[3] * d[7] - d[4] * d[6]);
  const solve = (a: number, b: number, c: number): number => (a * x + b * y + c * z) / determinant;
  return [
    solve(d[4] * d[8] - d[5] * d[7], d[2] * d[7] - d[1] * d[8], d[1] * d[5] - d[2] * d[4]) / spacing[0],
    solve(d[5] * d[6] - d[3] * d[8], d[0] * d[8] - d[2] * d[6], d[2] * d[3] - d[0] * d[5]) / spacing[1],
    solve(d[3] * d[7] - d[4] * d[6], d[1] * d[6] - d[0] * d[7], d[0] * d[4] - d[1] * d[3]) / spacing[2],
  ];
}
