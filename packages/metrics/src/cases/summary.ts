import { type OptionNames, requireOptions } from '@medseg/arguments';
import { createRandom } from '@medseg/random';
import { bootstrapInterval, type Interval } from '../statistics/bootstrap.ts';
import { type MethodKey, methodsOf } from './methods.ts';
import { METRICS, type MetricKey } from './metrics.ts';
import { countMissing, type MissingValues } from './missing.ts';
import type { CaseScores } from './scores.ts';

/** How sure the intervals of `summariseResults` and `comparePaired` are. */
export const INTERVAL_CONFIDENCE = 0.95;

/** A mean over cases with its interval, and the number of cases that have a value. */
export interface MeanInterval extends Interval {
  /** Cases that have a value. */
  readonly images: number;
}

/** The mean of a metric over cases, and what it leaves out. */
export interface MetricMean extends MeanInterval {
  /** Values that are undefined, by the reason; of several classes one for each, also where the case has a mean. */
  readonly missing: MissingValues;
}

/** The mean of every metric. */
export type MetricMeans = Readonly<Record<MetricKey, MetricMean>>;

/** The mean of every metric for every method that has scores. */
export type ResultsSummary = Readonly<Partial<Record<MethodKey, MetricMeans>>>;

const summariseResultsOptionNames: OptionNames<NonNullable<Parameters<typeof summariseResults>[1]>> = { seed: true };

/**
 * Means over cases with 95 % bootstrap intervals by patient; the seed decides which patients are drawn, the same ones
 * for every metric and method.
 *
 * @example summariseResults(results, { seed: 0 }).ensemble?.dice // { estimate, low, high, images, missing }
 */
export function summariseResults(results: readonly CaseScores[], options: { readonly seed: number }): ResultsSummary {
  requireOptions('summariseResults', options, summariseResultsOptionNames);
  const { seed } = options;
  const patients = results.map(({ patient }) => patient);
  const entries = methodsOf(results).map((method) => [
    method.key,
    Object.fromEntries(
      METRICS.map(({ key }): [MetricKey, MetricMean] => {
        const values = results.map((result) => method.scoresOf(result)?.[key] ?? Number.NaN);
        return [key, { ...meanInterval(values, patients, seed), missing: countMissing(results, method, key) }];
      }),
    ),
  ]);
  return Object.fromEntries(entries) as ResultsSummary;
}

/** A mean with its bootstrap interval by patient; without one (NaN) where fewer than two patients have a value. */
export function meanInterval(values: readonly number[], patients: readonly string[], seed: number): MeanInterval {
  const known = [...values.keys()].filter((i) => !Number.isNaN(values[i]!));
  const { estimate, low, high } = bootstrapInterval(values, {
    patients,
    random: createRandom(seed).fork('bootstrap').uniform,
    confidence: INTERVAL_CONFIDENCE,
  });
  const enough = new Set(known.map((i) => patients[i])).size > 1;
  return { estimate, low: enough ? low : Number.NaN, high: enough ? high : Number.NaN, images: known.length };
}
