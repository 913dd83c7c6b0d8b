import type { Case, CaseFacts, DataRemark } from '../case.ts';

const HALF = 0.5;
/** Where most masks fill less than half: above which share one looks inverted, and what is said of it. */
const SOME = {
  limit: 0.8,
  text: 'most of the image is foreground, unlike in most of the set: its mask may be inverted',
};
/** The same where most fill more than half. */
const ALL = {
  limit: HALF,
  text: 'more than half of the image is foreground, as in most of the set: if the masks are inverted, name the value of the foreground as a class',
};
/** Fewer cases than these say nothing of what is usual. */
const FEW = 3;

/**
 * Remarks on masks that may be inverted: a class fills more than 80 % of the image in some cases and less than half in most,
 * or more than half in most. Sets of fewer than three cases get none.
 */
export function invertedMasks(cases: readonly (Case & { facts: CaseFacts })[]): DataRemark[] {
  if (cases.length < FEW) return [];
  const shares = cases.map(({ facts }) => Math.max(0, ...facts.foreground) / pixelsOf(facts));
  const median = [...shares].sort((a, b) => a - b)[(shares.length - 1) >> 1]!;
  const { limit, text } = median > HALF ? ALL : SOME;
  return cases
    .filter((_, i) => shares[i]! > limit)
    .map(({ masks, images }) => ({ file: masks[0]?.path ?? images[0]!, text }));
}

function pixelsOf({ size }: CaseFacts): number {
  return size.reduce((product, side) => product * side, 1);
}
