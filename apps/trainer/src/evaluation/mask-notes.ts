import type { CaseResult, CaseScores } from '@medseg/metrics';

/** Scores of one class in one case. */
interface Sizes {
  readonly area: number;
  readonly trueArea: number;
}

/** A case as it was scored, or as `evaluate --json` keeps it: without the bins of its probabilities. */
type ScoredCase = CaseScores & Partial<Pick<CaseResult, 'reliability'>>;

/**
 * What is wrong with masks that are all alike, in sentences without a full stop: a class that no mask has though some
 * references have it, or masks of one class that are all foreground. Networks that have learned nothing draw them.
 * Whether masks are all foreground is not known of cases without bins.
 */
export function maskNotes(results: readonly ScoredCase[], noun: string): string[] {
  const names = results[0]?.classes?.map(({ name }) => name);
  if (names === undefined) {
    if (isMissed(results)) return [`every mask is empty, although ${countOf(results, noun)} foreground`];
    return results.length > 0 && results.every(isFull) ? ['every mask is foreground from border to border'] : [];
  }
  return names.flatMap((name, k) => {
    const sizes = results.map(({ classes }) => classes![k]!);
    return isMissed(sizes) ? [`no mask has a pixel of ${name}, although ${countOf(sizes, noun)} it`] : [];
  });
}

function isMissed(sizes: readonly Sizes[]): boolean {
  return sizes.every(({ area }) => area === 0) && sizes.some(({ trueArea }) => trueArea > 0);
}

function countOf(sizes: readonly Sizes[], noun: string): string {
  const count = sizes.filter(({ trueArea }) => trueArea > 0).length;
  return `${count} of ${sizes.length} ${noun} ${count === 1 ? 'has' : 'have'}`;
}

/** Whether a map is foreground everywhere while its reference is not: no pixel is in a bin below one half. */
function isFull({ area, trueArea, reliability }: ScoredCase): boolean {
  if (reliability === undefined) return false;
  const bins = reliability.ensemble ?? reliability.anchor ?? [];
  const below = bins.filter(({ low, high, confidence }) => high <= 0.5 || (low < 0.5 && !(confidence >= 0.5)));
  return area > trueArea && below.every(({ count }) => count === 0);
}
