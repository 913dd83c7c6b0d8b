import type { Mask } from '../arrays.ts';
import { type Confusion, countForeground } from './confusion.ts';

/**
 * What an overlap is when there is nothing to overlap with.
 *
 * - `one`: 1 when both masks are empty (MONAI with `ignore_empty=False`, BraTS).
 * - `zero`: 0 when both masks are empty.
 * - `nan`: NaN when both masks are empty (MedPy's `dc`).
 * - `ignore`: NaN whenever the truth is empty, so that aggregation leaves the case out (MONAI's default).
 */
export type EmptyRule = 'one' | 'zero' | 'nan' | 'ignore';

/** Options of `dice` and `iou`. */
export interface OverlapOptions {
  /** What two empty masks give; `one` unless told. */
  readonly empty?: EmptyRule;
}

/**
 * Dice similarity coefficient 2|P∩T| / (|P| + |T|) (Dice 1945), in [0, 1].
 *
 * prediction, truth: [pixels] in {0, 1}, of one shape. Two empty masks give 1 unless `empty` says otherwise; a
 * prediction where the truth is empty gives 0 (NaN with `empty: 'ignore'`). Throws RangeError when the shapes
 * differ or a value is neither 0 nor 1.
 *
 * @example dice(Uint8Array.of(1, 1, 0), Uint8Array.of(1, 0, 0)) // 0.667
 */
export function dice(prediction: Mask, truth: Mask, { empty, ...others }: OverlapOptions = {}): number {
  requireNoOthers('dice', others);
  const [both, predicted, actual] = countForeground('dice', prediction, truth);
  return overlap(2 * both, predicted + actual, actual, empty);
}

/** `dice` of masks that have been counted. */
export function diceOf(counts: Confusion, empty?: EmptyRule): number {
  const { truePositives, falsePositives, falseNegatives } = counts;
  return overlap(
    2 * truePositives,
    2 * truePositives + falsePositives + falseNegatives,
    truePositives + falseNegatives,
    empty,
  );
}

/**
 * Intersection over union |P∩T| / |P∪T| (Jaccard 1912), in [0, 1].
 *
 * prediction, truth: [pixels] in {0, 1}, of one shape. Empty masks and errors as in `dice`.
 *
 * @example iou(Uint8Array.of(1, 1, 0), Uint8Array.of(1, 0, 0)) // 0.5
 */
export function iou(prediction: Mask, truth: Mask, { empty, ...others }: OverlapOptions = {}): number {
  requireNoOthers('iou', others);
  const [both, predicted, actual] = countForeground('iou', prediction, truth);
  return overlap(both, predicted + actual - both, actual, empty);
}

/** `iou` of masks that have been counted. */
export function iouOf(counts: Confusion, empty?: EmptyRule): number {
  const { truePositives, falsePositives, falseNegatives } = counts;
  return overlap(truePositives, truePositives + falsePositives + falseNegatives, truePositives + falseNegatives, empty);
}

/** An option that is left over is misspelt. Smaller than `requireOptions`: Dice is often all that a page loads. */
function requireNoOthers(asked: string, others: object): void {
  for (const name in others) throw new RangeError(`${asked}: options must be among empty, got ${name}`);
}

/** `any`: what lies in either mask. */
function overlap(both: number, any: number, truth: number, empty: EmptyRule = 'one'): number {
  if (truth > 0) return both / any;
  if (empty === 'ignore') return Number.NaN;
  if (any > 0) return 0;
  return empty === 'one' ? 1 : empty === 'zero' ? 0 : Number.NaN;
}
