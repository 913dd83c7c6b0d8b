import { majorityVote, staple, stapleLabels, threshold } from '@medseg/metrics';

/** Ways to make one mask of the members of an ensemble. */
export const FUSIONS = ['mean', 'majority', 'staple'] as const;

/**
 * How the members of an ensemble become the mask. `mean`: where the mean of their probabilities is one half or more;
 * `majority`: where more than half of their masks are; `staple`: by STAPLE, which weighs each member by the sensitivity and
 * specificity that it estimates over the whole scan (Warfield et al. 2004). Probability and uncertainty are those of the
 * mean for each of them.
 */
export type Fusion = (typeof FUSIONS)[number];

/**
 * One mask per class of the masks of each member, `members[m][k]` of member m and class k. Classes that exclude each other
 * are fused as labels: the label that most members give, the lowest of several, 0 being the background; of the others
 * each is fused by itself. What STAPLE leaves undecided is background.
 */
export function fuseMembers(
  members: readonly (readonly Uint8Array[])[],
  how: Exclude<Fusion, 'mean'>,
  { exclusive }: { readonly exclusive: boolean },
): Uint8Array[] {
  const count = members[0]!.length;
  if (!exclusive || count === 1) {
    return members[0]!.map((_, k) => {
      const own = members.map((masks) => masks[k]!);
      return how === 'majority' ? majorityVote(own) : threshold(staple(own).probability);
    });
  }
  const labels = members.map(labelsOfMasks);
  const fused =
    how === 'majority' ? majorityVote(labels) : stapleLabels(labels, { classes: count + 1, undecided: 0 }).labels;
  return members[0]!.map((_, k) => fused.map((label) => (label === k + 1 ? 1 : 0)));
}

/** Masks of classes that exclude each other as labels, class k being k + 1; of two halves the first class has the pixel. */
function labelsOfMasks(masks: readonly Uint8Array[]): Uint8Array {
  const labels = new Uint8Array(masks[0]!.length);
  for (let k = masks.length - 1; k >= 0; k--)
    for (let i = 0; i < labels.length; i++) if (masks[k]![i]) labels[i] = k + 1;
  return labels;
}
