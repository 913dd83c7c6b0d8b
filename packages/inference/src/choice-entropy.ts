import { requireList } from '@medseg/arguments';
/**
 * Entropy of a choice among classes that exclude each other and a background that has the rest of the probability, over
 * the entropy of an even choice: 0 where it is sure, 1 where all are equal. With one class this is the entropy in bits of
 * a yes-or-no question, `binaryEntropy(p, Math.log2)` of `@medseg/metrics`.
 */
export function choiceEntropy(probabilities: ArrayLike<number>): number {
  requireList('choiceEntropy: probabilities', probabilities);
  let background = 1;
  let entropy = 0;
  for (let k = 0; k < probabilities.length; k++) {
    const p = probabilities[k]!;
    background -= p;
    if (p > 0) entropy -= p * Math.log2(p);
  }
  if (background > 0) entropy -= background * Math.log2(background);
  return Math.max(0, entropy / Math.log2(1 + probabilities.length));
}
