import type { CaseResult } from '@medseg/metrics';

/** Scores of one class in one case. */
interface Sizes {
  readonly area: number;
  readonly trueArea: number;
}

/**
 * What is wrong with masks that are all alike, in sentences without a full stop: a class that no mask has though some
 * references have it, or masks of one class that are all foreground. Networks that have learned nothing draw them.
 */
export function maskNotes(results: readonly CaseResult[], noun: string): string[] {
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
function isFull({ area, trueArea, reliability }: CaseResult): boolean {
  const bins = reliability.ensemble ?? reliability.anchor ?? [];
  const below = bins.filter(({ low, high, confidence }) => high <= 0.5 || (low < 0.5 && !(confidence >= 0.5)));
  return area > trueArea && below.every(({ count }) => count === 0);
}
