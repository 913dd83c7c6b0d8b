import { requireObject } from '@medseg/arguments';
import type { Mask, NumberArray, Probabilities } from '../arrays.ts';
import { poolBins } from '../calibration/pool-bins.ts';
import type { ReliabilityBin } from '../calibration/reliability.ts';
import type { Grid } from '../grid.ts';
import {
  type AnnotatorMasks,
  type AnnotatorResult,
  type AnnotatorScores,
  checkReaders,
  ignoredByAny,
  meanAnnotators,
  scoreAgainstAnnotators,
} from './annotators.ts';
import { type ComparisonOptions, compareMap, compareMasks, type MapComparison } from './mask-comparison.ts';
import { type CaseScores, type ProbabilityScores, scoreMap, scoreMask, sizeOf } from './scores.ts';
import { otsuMask } from './threshold.ts';

/** A segmented case and what is true of it. */
export interface SegmentedCase {
  /** Unique among the cases. */
  readonly id: string;
  /** Whose case it is. */
  readonly patient: string;
  /** How the pixels lie in space; lengths are in pixels where it has no spacing. */
  readonly grid: Grid;
  /** Names of the classes, in the order of `truth`. */
  readonly classNames: readonly string[];
  /** [pixels] in {0, 1} for each class. */
  readonly truth: readonly Mask[];
  /** [pixels, classes] in [0, 1]. */
  readonly probability: Probabilities;
  /** [pixels] in {0, 1} for each class: the masks that are scored. Default: the probability at one half. */
  readonly masks?: readonly Mask[] | undefined;
  /**
   * The masks of several annotators, and then what is scored against each of them; one alone is the truth itself, and
   * nothing more is scored. Default none.
   */
  readonly annotators?: readonly AnnotatorMasks[] | undefined;
  /**
   * The masks of each member of the ensemble, [pixels] in {0, 1} for each class, which annotators are compared with.
   * Default: the mask that is scored, a sample of one.
   */
  readonly members?: readonly (readonly Mask[])[] | undefined;
  /** Whose map `probability` is where it is not the ensemble's. */
  readonly method?: 'anchor' | undefined;
  /**
   * [pixels, classes] in [0, 1]: what the anchor head says, of networks that have one, beside an ensemble. Default:
   * the anchor is not scored.
   */
  readonly anchor?: Probabilities | undefined;
  /** [pixels] in {0, 1}: 1 where a pixel counts in no score, whatever the class; see {@link ComparisonOptions}. */
  readonly ignored?: Mask | undefined;
  /** [pixels, channels]: the image, for the baseline by Otsu's threshold; of one class only. */
  readonly intensities?:
    | {
        /** [pixels, channels]. */
        readonly data: NumberArray;
        /** Values a pixel. */
        readonly channels: number;
      }
    | undefined;
}

/** The scores of a case, with its part of the reliability diagrams over all cases. */
export interface CaseResult extends CaseScores {
  /** Bins of the reliability diagram, by method; absent where a method gives no probabilities. */
  readonly reliability: {
    /** Of the ensemble; undefined where it was not scored. */
    readonly ensemble?: readonly ReliabilityBin[] | undefined;
    /** Of the anchor head; undefined where it was not scored. */
    readonly anchor?: readonly ReliabilityBin[] | undefined;
  };
}

/**
 * Scores the segmentation of a case, its anchor and, where there is one class, Otsu's threshold, with every metric of
 * `METRICS`. Of several classes the scores are the means over the classes, and sizes their sums; `classes` has them one
 * by one. What is ignored is in no score and no size, and where the masks are cut by it their surfaces are too.
 *
 * Against several annotators it scores the mean Dice of the mask with each, the generalised energy distance of the members
 * and their Hungarian-matched IoU (`generalizedEnergyDistance`, `hungarianIou`), class by class, over classes their
 * means; a class that neither side has counts as the same, and a pixel that one of them ignores in none. Hungarian IoU is
 * NaN where members and annotators have no common multiple up to 2048.
 *
 * Throws RangeError where the number of classes differs between names, truth and maps, a mask or map does not fill the
 * grid, a value is out of range, or every pixel is ignored.
 *
 * @example scoreCase({ id: 'a1', patient: 'a', grid: { shape: [64, 64] }, classNames: ['lesion'], truth: [mask], probability }).dice
 */
export function scoreCase(segmented: SegmentedCase): CaseResult {
  requireObject('scoreCase: segmented', segmented, ['id', 'patient', 'grid', 'classNames']);
  const { id, patient, grid, classNames, truth, probability, method, anchor, intensities, ignored, masks } = segmented;
  const count = truth.length;
  checkClasses(segmented);
  const compare = (map: Probabilities, k: number, mask?: Mask): MapComparison =>
    compareMap(channelOf(map, k, count), truth[k]!, grid, { ignored, mask });
  const ensembles = truth.map((_, k) => compare(probability, k, masks?.[k]));
  const anchors = anchor && truth.map((_, k) => compare(anchor, k));
  const annotated = scoreAnnotators(segmented, ensembles, anchors);
  const ensembleScores = ensembles.map(scoreMap);
  const anchorScores = anchors?.map(scoreMap);
  const trueSizes = ensembles.map(({ masks }) => sizeOf(masks.truth, grid.spacing));
  const classes = classNames.map((name, k) => ({
    name,
    ...ensembleScores[k]!,
    trueArea: trueSizes[k]!,
    anchor: anchorScores?.[k],
    ...(annotated && { annotators: annotated[k]! }),
  }));
  return {
    id,
    patient,
    ...(method && { method }),
    ...meanScores(ensembleScores),
    trueArea: trueSizes.reduce((sum, size) => sum + size, 0),
    anchor: anchorScores && meanScores(anchorScores),
    ...(annotated && { annotators: meanAnnotators(annotated) }),
    otsu:
      intensities && count === 1
        ? scoreMask(compareMasks(otsuMask(intensities.data, intensities.channels), truth[0]!, grid, { ignored }))
        : undefined,
    ...(ignored && { ignoredPixels: sizeOf(ignored) }),
    classes: count === 1 ? undefined : classes,
    reliability: {
      [method ?? 'ensemble']: poolBins(ensembles.map(({ bins }) => bins)),
      ...(anchors && { anchor: poolBins(anchors.map(({ bins }) => bins)) }),
    },
  };
}

/** What is scored against several annotators, class by class; undefined where there is at most one. */
function scoreAnnotators(
  { id, method, annotators = [], members, ignored }: SegmentedCase,
  ensembles: readonly MapComparison[],
  anchors: readonly MapComparison[] | undefined,
): AnnotatorResult[] | undefined {
  if (annotators.length < 2) return undefined;
  const left = ignoredByAny(id, annotators, ignored);
  const score = ({ masks: { prediction: mask } }: MapComparison, k: number, drawn?: readonly Mask[]): AnnotatorScores =>
    scoreAgainstAnnotators(
      { mask, members: drawn ?? [mask] },
      annotators.map(({ truth }) => truth[k]!),
      left,
    );
  return ensembles.map((comparison, k) => ({
    count: annotators.length,
    [method ?? 'ensemble']: score(
      comparison,
      k,
      members?.map((masks) => masks[k]!),
    ),
    ...(anchors && { anchor: score(anchors[k]!, k) }),
  }));
}

function checkClasses(segmented: SegmentedCase): void {
  const { id, classNames, truth, probability, method, anchor, ignored, masks, members, annotators } = segmented;
  if (ignored?.every((one: number) => one === 1))
    throw new RangeError(`scoreCase: ${id} must have a pixel that counts, all ${ignored.length} are ignored`);
  if (method === 'anchor' && anchor) {
    throw new RangeError(`scoreCase: ${id} has the anchor's map as its probability; it must have no other`);
  }
  if (truth.length === 0 || classNames.length !== truth.length) {
    throw new RangeError(
      `scoreCase: ${id} needs a true mask for each class, got ${truth.length} for ${classNames.length} classes`,
    );
  }
  const readers = { masks: masks && [masks], members, annotators: annotators?.map((each) => each.truth) };
  checkReaders(id, readers, { classes: truth.length, pixels: truth[0]!.length });
  const values = truth.length * truth[0]!.length;
  for (const [name, map] of Object.entries({ probability, anchor })) {
    if (map && map.length !== values) {
      throw new RangeError(
        `scoreCase: ${name} of ${id} must have ${values} values, one per pixel and class, got ${map.length}`,
      );
    }
  }
}

/** One class of a map whose classes lie side by side. */
function channelOf(map: Probabilities, k: number, count: number): Probabilities {
  return count === 1 ? map : map.filter((_, i) => i % count === k);
}

/** Means over classes, of those that have a value; sizes are added up. */
function meanScores(scores: readonly ProbabilityScores[]): ProbabilityScores {
  if (scores.length === 1) return scores[0]!;
  const keys = Object.keys(scores[0]!) as (keyof ProbabilityScores)[];
  const entries = keys.map((key): [string, number] => {
    const known = scores.map((each) => each[key]).filter((value) => !Number.isNaN(value));
    const sum = known.reduce((total, value) => total + value, 0);
    return [key, key === 'area' ? sum : sum / known.length];
  });
  return Object.fromEntries(entries) as unknown as ProbabilityScores;
}
