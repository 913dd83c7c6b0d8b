import { type Method, scoresOfClasses } from './methods.ts';
import type { MetricKey } from './metrics.ts';
import type { CaseScores } from './scores.ts';

/** Values of a metric that are undefined and so left out of its mean, by the reason; one value per case and class. */
export interface MissingValues {
  /** The truth has the class and the prediction is empty. */
  readonly missedByPrediction: number;
  /** The prediction has the class and the truth is empty. */
  readonly absentInTruth: number;
  /** Prediction and truth are both empty. */
  readonly absentInBoth: number;
  /** Neither is empty. */
  readonly other: number;
  /** Values in all, defined ones included. */
  readonly of: number;
}

/** What each count of {@link MissingValues} says, in the order of notes. */
const REASONS = {
  missedByPrediction: 'missed by the prediction',
  absentInTruth: 'absent in the truth',
  absentInBoth: 'absent in both',
  other: 'for another reason',
} as const;

/** Counts the values of a metric that a method lacks, case by case and class by class. */
export function countMissing(results: readonly CaseScores[], method: Method, metric: MetricKey): MissingValues {
  const counts = { missedByPrediction: 0, absentInTruth: 0, absentInBoth: 0, other: 0, of: 0 };
  for (const result of results) {
    for (const { scores, trueArea } of scoresOfClasses(result, method)) {
      const value = scores[metric];
      if (value === undefined) continue; // a method without probabilities is not scored with it
      counts.of++;
      if (Number.isNaN(value)) counts[reasonOf(scores.area, trueArea)]++;
    }
  }
  return counts;
}

function reasonOf(area: number, trueArea: number): keyof typeof REASONS {
  if (area > 0) return trueArea > 0 ? 'other' : 'absentInTruth';
  return trueArea > 0 ? 'missedByPrediction' : 'absentInBoth';
}

/** How many values are missing, whatever the reason. */
export function sumMissing(missing: MissingValues): number {
  return reasons().reduce((sum, reason) => sum + missing[reason], 0);
}

/** The reasons as text, those that occur: `2 missed by the prediction, 1 absent in both`. */
export function missingText(missing: MissingValues): string {
  return reasons()
    .filter((reason) => missing[reason] > 0)
    .map((reason) => `${missing[reason]} ${REASONS[reason]}`)
    .join(', ');
}

function reasons(): (keyof typeof REASONS)[] {
  return Object.keys(REASONS) as (keyof typeof REASONS)[];
}
