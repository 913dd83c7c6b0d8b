import { requireObject } from '@medseg/arguments';
import type { Mask, NumberArray, Probabilities } from '../arrays.ts';
import { poolBins } from '../calibration/pool-bins.ts';
import type { ReliabilityBin } from '../calibration/reliability.ts';
import type { Grid } from '../grid.ts';
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
 * Throws RangeError where the number of classes differs between names, truth and maps, a mask or map does not fill the
 * grid, a value is out of range, or every pixel is ignored.
 *
 * @example scoreCase({ id: 'a1', patient: 'a', grid: { shape: [64, 64] }, classNames: ['lesion'], truth: [mask], probability }).dice
 */
export function scoreCase(segmented: SegmentedCase): CaseResult {
  requireObject('scoreCase: segmented', segmented, ['id', 'patient', 'grid', 'classNames']);
  const { id, patient, grid, classNames, truth, probability, method, anchor, intensities, ignored } = segmented;
  const count = truth.length;
  checkClasses(segmented);
  const compare = (map: Probabilities, k: number): MapComparison =>
    compareMap(channelOf(map, k, count), truth[k]!, grid, { ignored });
  const ensembles = truth.map((_, k) => compare(probability, k));
  const anchors = anchor && truth.map((_, k) => compare(anchor, k));
  const ensembleScores = ensembles.map(scoreMap);
  const anchorScores = anchors?.map(scoreMap);
  const trueSizes = ensembles.map(({ masks }) => sizeOf(masks.truth, grid.spacing));
  const classes = classNames.map((name, k) => ({
    name,
    ...ensembleScores[k]!,
    trueArea: trueSizes[k]!,
    anchor: anchorScores?.[k],
  }));
  return {
    id,
    patient,
    ...(method && { method }),
    ...meanScores(ensembleScores),
    trueArea: trueSizes.reduce((sum, size) => sum + size, 0),
    anchor: anchorScores && meanScores(anchorScores),
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

function checkClasses({ id, classNames, truth, probability, method, anchor, ignored }: SegmentedCase): void {
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
