import { requireList, requireObject } from '@medseg/arguments';
import type { CaseScores, MaskScores, ProbabilityScores } from './scores.ts';

/** What a method scores: a mask always, and a map where it has probabilities. */
type MethodScores = MaskScores & Partial<ProbabilityScores>;

/** Key of a method, as files have it. */
export type MethodKey = 'ensemble' | 'anchor' | 'otsu';

/** A way to segment a case that is scored. */
export interface Method {
  /** Its name in scores and files. */
  readonly key: MethodKey;
  /** Its name in words. */
  readonly name: string;
  /** The name where there is little room. */
  readonly shortName: string;
  /** Whether it gives probabilities, and not only a mask. */
  readonly probabilities: boolean;
  /** Its scores of a case; undefined where the case has none. */
  scoresOf(scores: CaseScores): MethodScores | undefined;
}

/** The model and its baselines, in the order of tables and files. */
const METHODS: readonly Method[] = [
  {
    key: 'ensemble',
    name: 'diffusion ensemble',
    shortName: 'ensemble',
    probabilities: true,
    scoresOf: (scores) => (scores.method === 'anchor' ? undefined : scores),
  },
  {
    key: 'anchor',
    name: 'anchor head alone',
    shortName: 'anchor',
    probabilities: true,
    scoresOf: (scores) => (scores.method === 'anchor' ? scores : scores.anchor),
  },
  { key: 'otsu', name: 'Otsu threshold', shortName: 'Otsu', probabilities: false, scoresOf: (scores) => scores.otsu },
];

/**
 * The methods that have scores of every case, in the order of tables and files.
 *
 * @example methodsOf(results).map(({ name }) => name) // ['diffusion ensemble', 'anchor head alone', 'Otsu threshold']
 */
export function methodsOf(results: readonly CaseScores[]): readonly Method[] {
  requireList('methodsOf: results', results);
  return METHODS.filter(({ scoresOf }) => results.every((result) => scoresOf(result) !== undefined));
}

/**
 * The methods that a summary has means of, in the order of tables and files.
 *
 * @example methodsIn(summariseResults(results, { seed: 0 })).map(({ key }) => key) // ['ensemble', 'anchor', 'otsu']
 */
export function methodsIn(summary: Partial<Record<MethodKey, unknown>>): readonly Method[] {
  requireObject('methodsIn: summary', summary, []);
  return METHODS.filter(({ key }) => summary[key] !== undefined);
}

/** The scores of a method class by class, each with the size of its truth; one pair where a case has one class. */
export function scoresOfClasses(
  result: CaseScores,
  { scoresOf }: Method,
): { readonly scores: MethodScores; readonly trueArea: number }[] {
  const whole = scoresOf(result);
  if (whole === undefined) return [];
  const { classes, trueArea } = result;
  if (whole === result.otsu || classes === undefined) return [{ scores: whole, trueArea }];
  return classes.flatMap((own) => {
    const scores = whole === result ? own : own.anchor;
    return scores ? { scores, trueArea: own.trueArea } : [];
  });
}
