import { METRICS, type MetricKey } from './metrics.ts';
import type { CaseScores } from './scores.ts';

/** The means of one class over cases. */
export interface ClassMeans {
  readonly name: string;
  /** Mean of each metric over the cases that have a value; NaN where none has. */
  readonly means: Readonly<Record<MetricKey, number>>;
  /** Mean Dice of the anchor head alone; undefined where there is none. */
  readonly anchorDice: number | undefined;
}

/**
 * The means of each class, where there are several classes; none where there is one.
 *
 * @example classMeans(results).map(({ name, means }) => `${name} ${means.dice}`)
 */
export function classMeans(results: readonly CaseScores[]): ClassMeans[] {
  const names = results[0]?.classes?.map(({ name }) => name) ?? [];
  return names.map((name, k) => {
    const own = results.map(({ classes }) => classes![k]!);
    const anchors = own.flatMap(({ anchor }) => (anchor ? [anchor.dice] : []));
    const entries = METRICS.map(({ key }) => [key, meanOfKnown(own.map((scores) => scores[key]))]);
    return {
      name,
      means: Object.fromEntries(entries) as Record<MetricKey, number>,
      anchorDice: anchors.length > 0 ? meanOfKnown(anchors) : undefined,
    };
  });
}

function meanOfKnown(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
