import { type OptionNames, requireOptions } from '@medseg/arguments';
import type { Mask, Probabilities } from '../arrays.ts';
import { type ReliabilityBin, reliabilityBins } from '../calibration/reliability.ts';
import type { Grid } from '../grid.ts';
import { type Confusion, countConfusion } from '../overlap/confusion.ts';
import { type SurfaceDistances, surfaceDistances } from '../surface/surface-distances.ts';
import { threshold } from './threshold.ts';

/** A mask beside the truth, with what several metrics share; each part is computed when a metric first asks for it. */
export interface MaskComparison {
  /** [pixels] in {0, 1}. */
  readonly prediction: Mask;
  /** [pixels] in {0, 1}. */
  readonly truth: Mask;
  /** How the pixels lie in space. */
  readonly grid: Grid;
  /** Agreement and disagreement in pixels. */
  readonly counts: Confusion;
  /** Distances between the two surfaces, in the definition of MONAI. */
  readonly surfaces: SurfaceDistances;
}

/** A map of probabilities beside the truth, and the mask that was made of it. */
export interface MapComparison {
  /** [pixels] in [0, 1]. */
  readonly probability: Probabilities;
  /** The mask, at one half unless another was given, beside the truth. */
  readonly masks: MaskComparison;
  /** The reliability diagram: 15 bins of equal width. */
  readonly bins: readonly ReliabilityBin[];
}

/** Option of comparisons. */
export interface ComparisonOptions {
  /**
   * [pixels] in {0, 1}: 1 where a pixel counts in no score. Both masks are background there, as nnU-Net scores them, so
   * that distances are between the surfaces of what is left; the reliability diagram leaves it out.
   */
  readonly ignored?: Mask | undefined;
}

const comparisonOptionNames: OptionNames<ComparisonOptions> = { ignored: true };

/** Options of `compareMap`. */
export interface MapComparisonOptions extends ComparisonOptions {
  /** [pixels] in {0, 1}: the mask that was made of the map. Default: the map at one half. */
  readonly mask?: Mask | undefined;
}

const mapComparisonOptionNames: OptionNames<MapComparisonOptions> = { ignored: true, mask: true };

/**
 * Sets a mask beside the truth for the metrics of `METRICS`.
 *
 * prediction, truth: [pixels] in {0, 1}, filling `grid.shape`. Throws RangeError where `ignored` has another length, and,
 * when a metric first asks, where shapes differ or a value is neither 0 nor 1.
 *
 * @example compareMasks(prediction, truth, { shape: [64, 64] }).counts.truePositives
 */
export function compareMasks(prediction: Mask, truth: Mask, grid: Grid, given: ComparisonOptions = {}): MaskComparison {
  requireOptions('compareMasks', given, comparisonOptionNames);
  const { ignored } = given;
  if (ignored) {
    const options = { what: 'compareMasks', ignored };
    return compareMasks(backgroundWhere(prediction, options), backgroundWhere(truth, options), grid);
  }
  const counts = once(() => countConfusion('compareMasks', prediction, truth));
  const surfaces = once(() => surfaceDistances(prediction, truth, grid));
  return {
    prediction,
    truth,
    grid,
    get counts() {
      return counts();
    },
    get surfaces() {
      return surfaces();
    },
  };
}

/**
 * Sets a map of probabilities beside the truth for the metrics of `METRICS`.
 *
 * probability: [pixels] in [0, 1]; truth: [pixels] in {0, 1}. Throws RangeError as `compareMasks`, and where a value is
 * no probability.
 *
 * @example compareMap(probability, truth, { shape: [64, 64] }).bins
 */
export function compareMap(
  probability: Probabilities,
  truth: Mask,
  grid: Grid,
  options: MapComparisonOptions = {},
): MapComparison {
  requireOptions('compareMap', options, mapComparisonOptionNames);
  const { ignored, mask } = options;
  if (mask && mask.length !== probability.length) {
    throw new RangeError(
      `compareMap: mask must have one value for each of ${probability.length} pixels, got ${mask.length}`,
    );
  }
  const known = ignored ? backgroundWhere(probability, { what: 'compareMap', ignored }) : probability;
  const bins = once(() =>
    ignored
      ? reliabilityBins(countedOf(probability, ignored), countedOf(truth, ignored))
      : reliabilityBins(probability, truth),
  );
  return {
    probability: known,
    masks: compareMasks(mask ?? threshold(known), truth, grid, { ignored }),
    get bins() {
      return bins();
    },
  };
}

/** A copy of values with 0 in each pixel that is ignored. */
function backgroundWhere<T extends Mask | Probabilities>(
  values: T,
  { what, ignored }: { what: string; ignored: Mask },
): T {
  if (ignored.length !== values.length)
    throw new RangeError(
      `${what}: ignored must have one value for each of ${values.length} pixels, got ${ignored.length}`,
    );
  const out = values.slice() as { [index: number]: number };
  for (let i = 0; i < ignored.length; i++) if (ignored[i]) out[i] = 0;
  return out as T;
}

/** The values of the pixels that are not ignored. */
function countedOf<T extends Mask | Probabilities>(values: T, ignored: Mask): T {
  return values.filter((_: number, i: number) => !ignored[i]) as T;
}

function once<T extends object>(compute: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= compute();
    return value;
  };
}
