import { requireList } from '@medseg/arguments';
/** What a column of values comes to; every number but the counts is NaN when there is no value. */
export interface Summary {
  /** Values that are numbers; infinities count. */
  readonly count: number;
  /** Values that are NaN, left out of everything else. */
  readonly missing: number;
  /** Arithmetic mean. */
  readonly mean: number;
  /** Standard deviation over n - 1; NaN for fewer than two values. */
  readonly deviation: number;
  /** Smallest value. */
  readonly minimum: number;
  /** First quartile, interpolated linearly. */
  readonly lowerQuartile: number;
  /** Second quartile, interpolated linearly. */
  readonly median: number;
  /** Third quartile, interpolated linearly. */
  readonly upperQuartile: number;
  /** Largest value. */
  readonly maximum: number;
}

/**
 * Mean, spread and quartiles of one metric over cases.
 *
 * values: one number for each case; NaN where the metric has no value, which is counted and left out.
 *
 * @example summarise([0.9, 0.7, Number.NaN]).mean // 0.8
 */
export function summarise(values: ArrayLike<number>): Summary {
  requireList('summarise: values', values);
  const kept = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const count = kept.length;
  const mean = kept.reduce((sum, value) => sum + value, 0) / count;
  const squares = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count,
    missing: values.length - count,
    mean,
    deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN,
    minimum: quantile(kept, 0),
    lowerQuartile: quantile(kept, 0.25),
    median: quantile(kept, 0.5),
    upperQuartile: quantile(kept, 0.75),
    maximum: quantile(kept, 1),
  };
}

/** Linear interpolation between order statistics of an ascending array; NaN when it is empty. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const last = ascending.length - 1;
  if (last < 0) return Number.NaN;
  const rank = share * last;
  const below = Math.floor(rank);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, last)]!;
  return low === high ? low : low + (high - low) * (rank - below);
}
