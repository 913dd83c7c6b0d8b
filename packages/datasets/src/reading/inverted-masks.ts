import type { Case, CaseFacts, DataRemark } from '../case.ts';

/** Share of an image that a class fills where its mask looks inverted. */
const FULL = 0.8;
/** Fewer cases than these say nothing of what is usual. */
const FEW = 3;

/**
 * Remarks on masks that may be inverted: a class fills more than 80 % of the image in some cases and less than half in most,
 * or more than half in most. Sets of fewer than three cases get none.
 */
export function invertedMasks(cases: readonly (Case & { facts: CaseFacts })[]): DataRemark[] {
  const shares = cases.map(({ facts }) => Math.max(0, ...facts.foreground) / pixelsOf(facts));
  if (cases.length < FEW) return [];
  const median = [...shares].sort((a, b) => a - b)[(shares.length - 1) >> 1] ?? 0;
  const isFull = median > 0.5 ? (share: number) => share > 0.5 : (share: number) => share > FULL;
  const text =
    median > 0.5
      ? 'more than half of the image is foreground, as in most of the set: if the masks are inverted, name the value of the foreground as a class'
      : 'most of the image is foreground, unlike in most of the set: its mask may be inverted';
  return cases
    .filter((_, i) => isFull(shares[i]!))
    .map(({ masks, images }) => ({ file: masks[0]?.path ?? images[0]!, text }));
}

function pixelsOf({ size }: CaseFacts): number {
  return size.reduce((product, side) => product * side, 1);
}
