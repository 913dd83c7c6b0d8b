import { type OptionNames, requireList, requireOptions } from '@medseg/arguments';
import type { Mask } from '../arrays.ts';

/**
 * How a table of values, one row for each case and one column for each class, is reduced. Values that are NaN (a
 * metric without a truth to measure) are left out of every mean and sum. The names are MONAI's.
 *
 * - `none`: the table as it is.
 * - `mean`: over each case's classes first, then over cases that have any value.
 * - `sum`: of all values.
 * - `mean_batch`, `sum_batch`: over cases, one value for each class.
 * - `mean_channel`, `sum_channel`: over classes, one value for each case.
 */
export type Reduction = 'none' | 'mean' | 'sum' | 'mean_batch' | 'sum_batch' | 'mean_channel' | 'sum_channel';

/** Options of `reduce` and `CumulativeMetric.aggregate`. */
export interface ReduceOptions {
  /** How to reduce; `mean` unless told. */
  readonly reduction?: Reduction;
  /**
   * What becomes of NaN: `omit` leaves it out (MONAI's rule and the default), `propagate` lets it spoil what it is in,
   * a number stands in for it (0 is the strict rule: what cannot be measured is wrong).
   */
  readonly nan?: 'omit' | 'propagate' | number;
  /** What a mean of no values is; NaN unless told. MONAI gives 0. */
  readonly none?: number;
}

const reduceOptionNames: OptionNames<ReduceOptions> = { reduction: true, nan: true, none: true };

/** A reduced table: values, and how many of the table's values went into each. */
export interface Reduced {
  /** One value for `mean` and `sum`, one for each class or case else; for `none` the table, row by row. */
  readonly values: number[];
  /** How many values of the table went into each value. */
  readonly counts: number[];
}

/**
 * Reduces a table of metric values as MONAI's `do_metric_reduction`.
 *
 * rows: cases x classes, any value NaN. For `mean`, counts holds the number of cases with a value, as MONAI's
 * `not_nans`. Throws RangeError when rows have different lengths.
 *
 * @example reduce([[0.9, NaN], [0.7, 0.5]]).values // [0.75]
 */
export function reduce(rows: readonly (readonly number[])[], options: ReduceOptions = {}): Reduced {
  requireList('reduce: rows', rows);
  requireOptions('reduce', options, reduceOptionNames);
  const { reduction = 'mean', nan = 'omit', none = Number.NaN } = options;
  const width = rows[0]?.length ?? 0;
  const uneven = rows.findIndex((row) => row.length !== width);
  if (uneven >= 0) {
    throw new RangeError(
      `reduce: rows must have as many classes, row 0 has ${width}, row ${uneven} ${rows[uneven]!.length}`,
    );
  }
  const table = typeof nan === 'number' ? rows.map((row) => row.map((v) => (Number.isNaN(v) ? nan : v))) : rows;
  const counted = (list: readonly number[]): number[] =>
    nan === 'omit' ? list.filter((v) => !Number.isNaN(v)) : [...list];
  const mean = (list: readonly number[]): number => {
    const kept = counted(list);
    return kept.length === 0 ? none : sumOf(kept) / kept.length;
  };
  const columns = Array.from({ length: width }, (_, c) => table.map((row) => row[c]!));
  const all = table.flat();
  switch (reduction) {
    case 'none':
      return { values: all, counts: all.map((v) => (Number.isNaN(v) ? 0 : 1)) };
    case 'mean': {
      const cases = table.filter((row) => counted(row).length > 0).map(mean);
      return { values: [mean(cases)], counts: [cases.length] };
    }
    case 'sum':
      return { values: [sumOf(counted(all))], counts: [counted(all).length] };
    case 'mean_batch':
      return { values: columns.map(mean), counts: columns.map((column) => counted(column).length) };
    case 'sum_batch':
      return { values: columns.map((c) => sumOf(counted(c))), counts: columns.map((c) => counted(c).length) };
    case 'mean_channel':
      return { values: table.map(mean), counts: table.map((row) => counted(row).length) };
    case 'sum_channel':
      return { values: table.map((row) => sumOf(counted(row))), counts: table.map((row) => counted(row).length) };
    default:
      throw new RangeError(`reduce: reduction must be one of MONAI's names, got '${String(reduction)}'`);
  }
}

/**
 * Gathers a metric over cases: `update` for each case, `aggregate` when all are in, `reset` to start again.
 *
 * metric: returns one number for a case, or one for each class; of a prediction and a truth unless it takes something
 * else. Throws TypeError from `update` when a case gives as many
 * values as no other did.
 *
 * @example
 * const mean = new CumulativeMetric((p, t) => dice(p, t, { empty: 'ignore' }));
 * mean.update(prediction, truth);
 * mean.aggregate().values[0];
 */
export class CumulativeMetric<Arguments extends readonly unknown[] = [prediction: Mask, truth: Mask]> {
  private readonly metric: (...args: Arguments) => number | readonly number[];
  private rows: number[][] = [];

  /** `metric`: gives the value of a case, or a list of as many for each case, such as one per class. */
  constructor(metric: (...args: Arguments) => number | readonly number[]) {
    this.metric = metric;
  }

  /** Measures one case and keeps its values, which it also returns. */
  update(...args: Arguments): readonly number[] {
    const result = this.metric(...args);
    const row = typeof result === 'number' ? [result] : [...result];
    const width = this.rows[0]?.length ?? row.length;
    if (row.length !== width) {
      throw new TypeError(`CumulativeMetric: each case must give ${width} values, got ${row.length}`);
    }
    this.rows.push(row);
    return row;
  }

  /** What has been gathered, reduced (see `reduce`). */
  aggregate(options: ReduceOptions = {}): Reduced {
    requireOptions('CumulativeMetric.aggregate', options, reduceOptionNames);
    return reduce(this.rows, options);
  }

  /** The values of every case so far, one row each. */
  get values(): readonly (readonly number[])[] {
    return this.rows;
  }

  /** Forgets every case. */
  reset(): void {
    this.rows = [];
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
