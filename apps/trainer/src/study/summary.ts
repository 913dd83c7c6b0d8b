import {
  comparePaired,
  METRICS,
  type MetricKey,
  type MetricMeans,
  methodsOf,
  type PairedMetric,
  summarise,
  summariseResults,
} from '@medseg/metrics';
import { alignCases, type Evaluation } from '@medseg/pipeline';

/** A part of a study that was scored: a training, or a way to sample. */
export interface ScoredCell {
  /** Number of its setting, from 0. */
  readonly setting: number;
  /** What pairs it with those of other settings, such as its seed and fold. */
  readonly pair: string;
  readonly evaluation: Evaluation;
  /** Seconds of what the study measures: of the training, or of an image. */
  readonly seconds: number;
}

/** What one setting came to. */
export interface SettingSummary {
  readonly name: string;
  readonly cells: readonly ScoredCell[];
  /** Means over the images of all its cells, with bootstrap intervals by patient; undefined where it has no cell. */
  readonly means: MetricMeans | undefined;
  /** Standard deviation of the means of its cells; NaN for fewer than two. */
  readonly deviations: Readonly<Record<MetricKey, number>>;
  /** Mean over its cells. */
  readonly seconds: number;
  /** Against the first setting, on the cells that both have; undefined for the first, and where there are none. */
  readonly comparison: readonly PairedMetric[] | undefined;
}

/** The settings of a study by their names, each compared with the first one pair by pair; the seed decides the bootstrap. */
export function summariseStudy(
  names: readonly string[],
  scored: readonly ScoredCell[],
  seed: number,
): SettingSummary[] {
  const cells = names.map((_, k) => scored.filter(({ setting }) => setting === k));
  return names.map((name, k) => {
    const own = cells[k]!;
    const ofCells = own.map(({ evaluation }) => meansOf(evaluation.images, seed));
    return {
      name,
      cells: own,
      means: own.length > 0 ? meansOf(own.flatMap(imagesOf), seed) : undefined,
      deviations: Object.fromEntries(
        METRICS.map(({ key }) => [key, summarise(ofCells.map((means) => means[key].estimate)).deviation]),
      ) as Record<MetricKey, number>,
      seconds: summarise(own.map(({ seconds }) => seconds)).mean,
      comparison: k === 0 ? undefined : compare({ name: names[0]!, cells: cells[0]! }, { name, cells: own }, seed),
    };
  });
}

/** The mean of every metric over the images of one evaluation. */
export function meansOf(images: Evaluation['images'], seed: number): MetricMeans {
  const [method] = methodsOf(images);
  return summariseResults(images, { seed })[method!.key]!;
}

interface Named {
  readonly name: string;
  readonly cells: readonly ScoredCell[];
}

function compare(first: Named, other: Named, seed: number): PairedMetric[] | undefined {
  const pairs = new Set(other.cells.map(({ pair }) => pair));
  const common = new Set(first.cells.map(({ pair }) => pair).filter((pair) => pairs.has(pair)));
  if (common.size === 0) return undefined;
  const [a, b] = alignCases(
    [first, other].map(({ name, cells }) => ({
      name,
      images: cells.filter(({ pair }) => common.has(pair)).flatMap(imagesOf),
    })),
  );
  return comparePaired(a!, b!, { seed });
}

/** The images of a cell, which several cells of a setting have too: their ids name the cell. */
function imagesOf({ pair, evaluation }: ScoredCell): Evaluation['images'] {
  return evaluation.images.map((image) => ({ ...image, id: pair === '' ? image.id : `${pair}: ${image.id}` }));
}
