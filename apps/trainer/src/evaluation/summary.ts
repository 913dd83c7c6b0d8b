import { bootstrapInterval, type Interval } from '@medseg/metrics';
import { createRandom } from '@medseg/random';
import { METRICS, type MethodKey, type MetricKey, methodsOf } from './metrics.ts';
import type { CaseScores } from './scores.ts';

/** How sure the intervals are. */
export const CONFIDENCE = 0.95;

/** A mean over images with its interval, and the number of images that have a value. */
export interface MeanInterval extends Interval {
  readonly images: number;
}

/** The mean of every metric for every method that has scores. */
export type Summary = Readonly<Partial<Record<MethodKey, MetricMeans>>> & { readonly ensemble: MetricMeans };
type MetricMeans = Readonly<Record<MetricKey, MeanInterval>>;

/** Means over images with bootstrap intervals by patient, the same patients drawn for every metric and method. */
export function summariseResults(results: readonly CaseScores[], { seed }: { seed: number }): Summary {
  const patients = results.map(({ patient }) => patient);
  const entries = methodsOf(results).map(({ key, scoresOf }) => [
    key,
    Object.fromEntries(
      METRICS.map((metric) => [
        metric.key,
        meanInterval(
          results.map((result) => scoresOf(result)?.[metric.key] ?? Number.NaN),
          patients,
          seed,
        ),
      ]),
    ),
  ]);
  return Object.fromEntries(entries) as unknown as Summary;
}

/** A mean with its bootstrap interval by patient; without one (NaN) where fewer than two patients have a value. */
export function meanInterval(values: readonly number[], patients: readonly string[], seed: number): MeanInterval {
  const known = [...values.keys()].filter((i) => !Number.isNaN(values[i]!));
  const { estimate, low, high } = bootstrapInterval(values, {
    patients,
    random: createRandom(seed).fork('bootstrap').uniform,
    confidence: CONFIDENCE,
  });
  const enough = new Set(known.map((i) => patients[i])).size > 1;
  return { estimate, low: enough ? low : Number.NaN, high: enough ? high : Number.NaN, images: known.length };
}
