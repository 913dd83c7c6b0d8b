import { type OptionNames, requireOptions } from '@medseg/arguments';
import { checkMask, checkSameLength, type Mask } from '../arrays.ts';
import { checkFills, type Grid, type Grid3, grid3 } from '../grid.ts';
import { squaredDistances } from '../surface/distance-transform.ts';
import { type EmptyRule, iou } from './overlap.ts';

/** Options of `boundaryIou`. */
export interface BoundaryIouOptions extends Grid {
  /** Millimetres from the contour that still count, at least the finest spacing; 2 % of the diagonal unless told. */
  readonly width?: number;
  /** What two empty masks give; `one` unless told. */
  readonly empty?: EmptyRule;
}

const boundaryIouOptionNames: OptionNames<BoundaryIouOptions> = {
  width: true,
  empty: true,
  shape: true,
  spacing: true,
};

/**
 * Boundary IoU: the IoU of the two masks' inner rims (Cheng et al. 2021, eq. 2), in [0, 1].
 *
 * prediction, truth: [pixels] in {0, 1}, filling `shape`. A rim is what lies in the mask within `width` millimetres of
 * its outside, beyond the image included; distances are Euclidean between pixel centres, where the paper's code erodes
 * with a square. Throws RangeError when shapes differ, a value is neither 0 nor 1, or the width is not above 0.
 *
 * @example boundaryIou(prediction, truth, { shape: [64, 64], spacing: [0.5, 0.5], width: 2 })
 */
export function boundaryIou(prediction: Mask, truth: Mask, options: BoundaryIouOptions): number {
  requireOptions('boundaryIou', options, boundaryIouOptionNames);
  const grid = grid3('boundaryIou', options);
  checkSameLength('boundaryIou', ['prediction', 'truth'], prediction, truth);
  checkFills('boundaryIou', 'prediction', prediction, grid);
  checkMask('boundaryIou', 'prediction', prediction);
  checkMask('boundaryIou', 'truth', truth);
  const diagonal = Math.hypot(...options.shape.map((extent, axis) => extent * (options.spacing?.[axis] ?? 1)));
  const { width = 0.02 * diagonal, empty = 'one' } = options;
  if (!(width > 0)) throw new RangeError(`boundaryIou: width must be above 0 mm, got ${width}`);
  return iou(innerRim(prediction, grid, width), innerRim(truth, grid, width), { empty });
}

/** Pixels of the mask within `width` of its outside; a frame of one pixel stands for what lies beyond the image. */
function innerRim(mask: Mask, grid: Grid3, width: number): Uint8Array {
  const [depth, height, columns] = grid.shape;
  const frame = grid.axes === 3 ? 1 : 0;
  const shape = [depth + 2 * frame, height + 2, columns + 2] as const;
  const at = (z: number, y: number): number => ((z + frame) * shape[1] + y + 1) * shape[2] + 1;
  const outside = new Uint8Array(shape[0] * shape[1] * shape[2]).fill(1);
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const line = (z * height + y) * columns;
      for (let x = 0; x < columns; x++) outside[at(z, y) + x] = 1 - mask[line + x]!;
    }
  }
  const squares = squaredDistances(outside, { ...grid, shape });
  const rim = new Uint8Array(mask.length);
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const line = (z * height + y) * columns;
      for (let x = 0; x < columns; x++) {
        // Never thinner than one pixel: the nearest outside is one step away.
        if (mask[line + x] === 1 && squares[at(z, y) + x]! <= Math.max(width, Math.min(...grid.spacing)) ** 2) {
          rim[line + x] = 1;
        }
      }
    }
  }
  return rim;
}
