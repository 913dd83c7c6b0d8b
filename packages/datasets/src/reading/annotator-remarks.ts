import { requireList } from '@medseg/arguments';
import { type MaskBits, withoutIgnored } from './mask-bits.ts';

/**
 * What should be known about the masks of several annotators: that no two of them have a pixel in common, or that there
 * is none on which half of them agree, so that the mask of the majority is empty. `classes`: the channels of a mask;
 * given, its pixels to ignore are no votes.
 *
 * @example annotatorRemark([Uint8Array.of(1, 0), Uint8Array.of(1, 1)]) // undefined
 */
export function annotatorRemark(masks: readonly MaskBits[], classes?: number): string | undefined {
  requireList('annotatorRemark: masks', masks);
  const known = classes === undefined ? masks : masks.map((bits) => withoutIgnored(bits, classes));
  const drawn = known.filter((bits) => bits.some((pattern) => pattern !== 0));
  if (masks.length < 2 || drawn.length < 2) return undefined;
  let most = 0;
  for (let i = 0; i < drawn[0]!.length; i++) most = Math.max(most, mostVotes(drawn, i));
  if (most === 1)
    return 'its annotators have no pixel in common; if their masks are parts of one mask, such as lesions, name them _mask_1, _mask_2';
  return 2 * most < masks.length
    ? 'there is no pixel on which half of its annotators agree: the mask of the majority is empty'
    : undefined;
}

/** How many masks have the class of a pixel that most have. */
function mostVotes(masks: readonly MaskBits[], i: number): number {
  let any = 0;
  for (const bits of masks) any |= bits[i]!;
  let most = 0;
  for (let left = any; left !== 0; left &= left - 1) {
    const lowest = left & -left;
    let votes = 0;
    for (const bits of masks) if (bits[i]! & lowest) votes++;
    most = Math.max(most, votes);
  }
  return most;
}
