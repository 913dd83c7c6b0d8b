import type { Mask, Probabilities } from '@medseg/metrics';

/**
 * Soft Dice confidence, 2 Σpm / Σ(p + m) for probability p and its mask m: nearly the Dice that the probabilities
 * themselves expect of the mask, and so a near-optimal order in which to hand cases to a reader (Borges et al. 2024,
 * arXiv 2402.10665). For an empty mask, where that is always 0: 1 - max p, since an empty mask is right when no pixel
 * belongs to the object.
 */
export function softDiceConfidence(probability: Probabilities, mask: Mask): number {
  let both = 0;
  let sum = 0;
  let size = 0;
  let highest = 0;
  for (let i = 0; i < mask.length; i++) {
    const p = probability[i]!;
    sum += p;
    highest = Math.max(highest, p);
    if (mask[i] === 0) continue;
    both += p;
    size++;
  }
  return size === 0 ? 1 - highest : (2 * both) / (sum + size);
}
