import { requireList } from '@medseg/arguments';
/** Agreement of two measurements of the same things (Bland & Altman 1986). */
export interface Agreement {
  /** Mean of predicted - true. */
  readonly bias: number;
  /** Limits of agreement, bias ± 1.96 standard deviations, within which 95 % of the differences are expected; NaN for one pair. */
  readonly low: number;
  /** Upper limit of agreement; see `low`. */
  readonly high: number;
  /** Each pair's mean and difference. */
  readonly points: readonly {
    /** Mean of predicted and true. */
    readonly mean: number;
    /** Predicted - true. */
    readonly difference: number;
  }[];
}

/**
 * Bland-Altman agreement of predicted with true sizes, such as areas or volumes (Bland & Altman 1986).
 *
 * pairs: one for each image. Without a pair every number is NaN.
 *
 * @example agreement([{ predicted: 12, truth: 10 }, { predicted: 20, truth: 20 }]).bias // 1
 */
export function agreement(pairs: readonly { readonly predicted: number; readonly truth: number }[]): Agreement {
  requireList('agreement: pairs', pairs);
  const points = pairs.map(({ predicted, truth }) => ({
    mean: (predicted + truth) / 2,
    difference: predicted - truth,
  }));
  const bias = points.reduce((sum, { difference }) => sum + difference, 0) / points.length;
  const squares = points.reduce((sum, { difference }) => sum + (difference - bias) ** 2, 0);
  const reach = 1.96 * Math.sqrt(squares / (points.length - 1));
  return { bias, low: bias - reach, high: bias + reach, points };
}
