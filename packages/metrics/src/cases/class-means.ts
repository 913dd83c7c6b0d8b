import { requireList } from '@medseg/arguments';
import { METRICS, type MetricKey } from './metrics.ts';
import type { CaseScores } from './scores.ts';

/** So many of so many cases. */
export interface CountOf {
  /** Cases that are so. */
  readonly count: number;
  /** Cases that could be. */
  readonly of: number;
}

/** The means of one class over cases, and how often it was missed. */
export interface ClassMeans {
  /** Name of the class. */
  readonly name: string;
  /** Mean of each metric over the cases that have a value; NaN where none has. */
  readonly means: Readonly<Record<MetricKey, number>>;
  /** Cases whose prediction lacks the class, of those whose truth has it. */
  readonly missed: CountOf;
  /** Cases whose prediction has the class, of those whose truth lacks it. */
  readonly spurious: CountOf;
  /** Mean Dice of the anchor head alone; undefined where there is none. */
  readonly anchorDice: number | undefined;
}

/**
 * The means of each class, where there are several classes; none where there is one.
 *
 * @example classMeans(results).map(({ name, means }) => `${name} ${means.dice}`)
 */
export function classMeans(results: readonly CaseScores[]): ClassMeans[] {
  requireList('classMeans: results', results);
  const names = results[0]?.classes?.map(({ name }) => name) ?? [];
  return names.map((name, k) => {
    const own = results.map(({ classes }) => classes![k]!);
    const anchors = own.flatMap(({ anchor }) => (anchor ? [anchor.dice] : []));
    const [present, absent] = [own.filter((c) => c.trueArea > 0), own.filter((c) => c.trueArea === 0)];
    const entries = METRICS.map(({ key }) => [key, meanOfKnown(own.map((scores) => scores[key]))]);
    return {
      name,
      means: Object.fromEntries(entries) as Record<MetricKey, number>,
      missed: { count: present.filter((c) => c.area === 0).length, of: present.length },
      spurious: { count: absent.filter((c) => c.area > 0).length, of: absent.length },
      anchorDice: anchors.length > 0 ? meanOfKnown(anchors) : undefined,
    };
  });
}

function meanOfKnown(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
