import { checkMembers, type Labels } from '../arrays.ts';

/**
 * Pixels grouped by what the members say of them: EM visits each distinct pattern once, not each pixel.
 *
 * `of[i]` is the pattern of pixel i, `sizes[k]` its number of pixels and `label(k, j)` what member j says there.
 */
export interface VotePatterns {
  readonly of: Int32Array;
  readonly sizes: Float64Array;
  readonly count: number;
  /** [count * members] labels, pattern by pattern. */
  readonly labels: Uint8Array;
}

/** Groups pixels by the members' labels in 0..classes-1. Throws RangeError as `checkMembers` and for other labels. */
export function votePatterns(asked: string, members: readonly Labels[], classes: number): VotePatterns {
  const length = checkMembers(asked, members);
  const of = new Int32Array(length);
  let count = 1;
  // Each member splits the patterns so far; a table over (pattern, label) names the new ones.
  for (const [j, member] of members.entries()) {
    const names = new Int32Array(count * classes).fill(-1);
    let next = 0;
    for (let i = 0; i < length; i++) {
      const label = member[i]!;
      if (!(label >= 0 && label < classes) || label !== Math.floor(label)) {
        const allowed = classes === 2 ? 'a mask holds only 0 and 1' : `labels are integers in 0..${classes - 1}`;
        throw new RangeError(`${asked}: members[${j}][${i}] is ${label}; ${allowed}`);
      }
      const key = of[i]! * classes + label;
      if (names[key] === -1) names[key] = next++;
      of[i] = names[key]!;
    }
    count = next;
  }
  const sizes = new Float64Array(count);
  const labels = new Uint8Array(count * members.length);
  for (let i = 0; i < length; i++) {
    const k = of[i]!;
    if (sizes[k] === 0) for (let j = 0; j < members.length; j++) labels[k * members.length + j] = members[j]![i]!;
    sizes[k] = sizes[k]! + 1;
  }
  return { of, sizes, count, labels };
}
