import { checkMask, type Mask } from '../arrays.ts';
import { checkFills, type Grid, type Grid3, grid3 } from '../grid.ts';

/**
 * Exact Euclidean distance in millimetres from each pixel to the nearest pixel of the mask, in linear time: lower
 * envelopes of parabolas, one axis after another (Felzenszwalb & Huttenlocher 2012, algorithm 1).
 *
 * mask: [pixels] in {0, 1}. Zero on the mask, Infinity everywhere when the mask is empty. Equals SciPy's
 * `distance_transform_edt(1 - mask, sampling=spacing)`. Throws RangeError when the mask does not fill the shape, holds
 * another value, or the grid is not one.
 *
 * @example distanceTransform(Uint8Array.of(1, 0, 0), { shape: [1, 3], spacing: [1, 2] }) // [0, 2, 4]
 */
export function distanceTransform(mask: Mask, grid: Grid): Float64Array {
  const space = grid3('distanceTransform', grid);
  checkFills('distanceTransform', 'mask', mask, space);
  checkMask('distanceTransform', 'mask', mask);
  const distances = squaredDistances(mask, space);
  for (let i = 0; i < distances.length; i++) distances[i] = Math.sqrt(distances[i]!);
  return distances;
}

/**
 * Squared distances to the mask. The axes are summed slowest first, as SciPy sums them, so that equal distances are
 * equal to the last bit and a tolerance cuts them alike.
 */
export function squaredDistances(mask: Mask, { shape, spacing }: Grid3): Float64Array {
  const [depth, height, width] = shape;
  const distances = new Float64Array(mask.length);
  seedFirstAxis(mask, distances, depth, height * width, spacing[0]);
  const envelope = new Envelope(Math.max(height, width));
  if (height > 1) {
    for (let z = 0; z < depth; z++) {
      for (let x = 0; x < width; x++) {
        envelope.run(distances, z * height * width + x, width, height, spacing[1]);
      }
    }
  }
  if (width > 1) {
    for (let line = 0; line < depth * height; line++) envelope.run(distances, line * width, 1, width, spacing[2]);
  }
  return distances;
}

/** Squared distance along the slowest axis alone: two sweeps that count the steps since the mask was last seen. */
function seedFirstAxis(mask: Mask, distances: Float64Array, depth: number, plane: number, step: number): void {
  const never = depth; // more steps than there can be
  const squares = Float64Array.from({ length: 2 * depth + 1 }, (_, steps) => {
    const distance = steps * step;
    return steps < never ? distance * distance : Number.POSITIVE_INFINITY;
  });
  const since = new Int32Array(plane).fill(never);
  for (let start = 0; start < mask.length; start += plane) {
    for (let i = 0; i < plane; i++) {
      const steps = mask[start + i] === 1 ? 0 : since[i]! + 1;
      since[i] = steps;
      distances[start + i] = steps;
    }
  }
  since.fill(never);
  for (let start = mask.length - plane; start >= 0; start -= plane) {
    for (let i = 0; i < plane; i++) {
      const steps = mask[start + i] === 1 ? 0 : since[i]! + 1;
      since[i] = steps;
      distances[start + i] = squares[Math.min(steps, distances[start + i]!)]!;
    }
  }
}

/** The lower envelope of the parabolas of one line, with buffers that are used again for each line. */
class Envelope {
  /** Where the k-th parabola of the envelope is rooted, and how high. */
  private readonly roots: Int32Array;
  private readonly heights: Float64Array;
  /** From where on the k-th parabola is the lowest, in steps. */
  private readonly starts: Float64Array;
  /** 1 / (2 n) for roots n steps apart: a product is faster than a quotient. */
  private readonly halves: Float64Array;

  constructor(longest: number) {
    this.roots = new Int32Array(longest);
    this.heights = new Float64Array(longest);
    this.starts = new Float64Array(longest + 1);
    this.halves = Float64Array.from({ length: longest }, (_, n) => 0.5 / n);
  }

  /** Replaces f by min over q of f(q) + (step (p - q))^2 along one line of the array. */
  run(values: Float64Array, offset: number, stride: number, length: number, step: number): void {
    const { roots, heights, starts, halves } = this;
    const scale = 1 / (step * step);
    let last = -1;
    for (let q = 0; q < length; q++) {
      const height = values[offset + q * stride]!;
      if (height === Number.POSITIVE_INFINITY) continue;
      let start = Number.NEGATIVE_INFINITY;
      while (last >= 0) {
        const v = roots[last]!;
        start = ((height - heights[last]!) * scale + (q - v) * (q + v)) * halves[q - v]!;
        if (start > starts[last]!) break;
        last--;
      }
      last++;
      roots[last] = q;
      heights[last] = height;
      starts[last] = last === 0 ? Number.NEGATIVE_INFINITY : start;
    }
    if (last < 0) return; // no parabola: the line stays infinitely far
    starts[last + 1] = Number.POSITIVE_INFINITY;
    let p = 0;
    for (let k = 0; k <= last; k++) {
      const end = Math.min(length - 1, starts[k + 1]!);
      const root = roots[k]!;
      const height = heights[k]!;
      for (; p <= end; p++) {
        const along = (p - root) * step;
        values[offset + p * stride] = height + along * along;
      }
    }
  }
}
