import { requireList, requireObject } from '@medseg/arguments';
import type { Mask } from '../arrays.ts';
import { softDiceConfidence } from '../calibration/soft-dice-confidence.ts';
import type { AnnotatorResult } from './annotators.ts';
import type { MapComparison, MaskComparison } from './mask-comparison.ts';
import { MAP_METRIC_LIST, MASK_METRIC_LIST, type MapMetricKey, type MaskMetricKey } from './metrics.ts';

/**
 * What a mask scores against the truth; NaN where a metric has no value. Distances and sizes are in pixels, or in
 * millimetres where the spacing is known.
 */
export interface MaskScores extends Readonly<Record<MaskMetricKey, number>> {
  /** Size of the predicted mask in pixels, square millimetres or cubic millimetres. */
  readonly area: number;
}

/** What a map of probabilities scores, and the mask that it becomes at one half. */
export interface ProbabilityScores extends MaskScores, Readonly<Record<MapMetricKey, number>> {
  /** How sure the method is of its mask, 0 to 1: its soft Dice confidence. */
  readonly confidence: number;
}

/** What a method with probabilities scores beside its baseline, against a truth of some size. */
interface ScoresWithBaseline extends ProbabilityScores {
  readonly trueArea: number;
  /** The anchor head alone: the mask of the encoder, a plain U-Net, without diffusion; of networks that have one. */
  readonly anchor?: ProbabilityScores | undefined;
  /** What is scored against each annotator, of cases with several. */
  readonly annotators?: AnnotatorResult | undefined;
}

/** The scores of one class of a case. */
export interface ClassScores extends ScoresWithBaseline {
  /** Name of the class. */
  readonly name: string;
}

/** The scores of one case at its own size, beside baselines on the same case. */
export interface CaseScores extends ScoresWithBaseline {
  /** Unique among the cases. */
  readonly id: string;
  /** Whose case it is. */
  readonly patient: string;
  /** Whose scores these are where they are not the ensemble's: those of the anchor head, drawn without diffusion. */
  readonly method?: 'anchor' | undefined;
  /** Otsu's threshold on the mean of the channels; of masks with one class. Absent for others. */
  readonly otsu?: MaskScores | undefined;
  /** Pixels that are in none of the scores, where there are any. */
  readonly ignoredPixels?: number | undefined;
  /** The scores of each class, where there are several. */
  readonly classes?: readonly ClassScores[] | undefined;
}

/**
 * Scores a mask with every metric of masks in `METRICS`.
 *
 * Two empty masks have Dice and IoU 1. A case where a mask is empty has no surface distance: NaN, left out of means and
 * counted, as MONAI does, also for the average, which would be infinite. Throws RangeError as `compareMasks`.
 *
 * @example scoreMask(compareMasks(prediction, truth, { shape: [64, 64], spacing: [0.5, 0.5] })).hausdorff95
 */
export function scoreMask(masks: MaskComparison): MaskScores {
  requireObject('scoreMask: masks', masks, ['prediction', 'truth', 'grid', 'counts']);
  const scores = MASK_METRIC_LIST.map(({ key, value }): [MaskMetricKey, number] => [key, value(masks)]);
  return { ...fromEntries(scores), area: sizeOf(masks.prediction, masks.grid.spacing) };
}

/**
 * Scores a map of probabilities, and the mask that it becomes at one half, with every metric in `METRICS`. Throws
 * RangeError as `compareMap`.
 *
 * @example scoreMap(compareMap(probability, truth, { shape: [64, 64] })).ece
 */
export function scoreMap(map: MapComparison): ProbabilityScores {
  requireObject('scoreMap: map', map, ['probability', 'masks', 'bins']);
  const scores = MAP_METRIC_LIST.map(({ key, value }): [MapMetricKey, number] => [key, value(map)]);
  return {
    ...scoreMask(map.masks),
    ...fromEntries(scores),
    confidence: softDiceConfidence(map.probability, map.masks.prediction),
  };
}

/** Size of a mask in square or cubic millimetres, or pixels where there is no spacing. */
export function sizeOf(mask: Mask, spacing: readonly number[] = []): number {
  requireList('sizeOf: mask', mask);
  let pixels = 0;
  for (let i = 0; i < mask.length; i++) pixels += mask[i]!;
  return spacing.reduce((size, side) => size * side, pixels);
}

function fromEntries<Key extends string>(entries: readonly [Key, number][]): Record<Key, number> {
  return Object.fromEntries(entries) as Record<Key, number>;
}
