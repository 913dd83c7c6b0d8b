import { checkSameLength, type Mask, type Probabilities } from '../arrays.ts';

/**
 * Soft Dice confidence, 2 Σpm / Σ(p + m) for probability p and its mask m: nearly the Dice that the probabilities
 * themselves expect of the mask, and so a near-optimal order in which to hand cases to a reader (Borges et al. 2024,
 * arXiv 2402.10665). For an empty mask, where that is always 0: 1 - max p, since an empty mask is right when no pixel
 * belongs to the object.
 *
 * probability: [pixels] in [0, 1]; mask: [pixels] in {0, 1}. Throws RangeError when shapes differ.
 *
 * @example softDiceConfidence(Float32Array.of(0.8, 0.2), Uint8Array.of(1, 0)) // 0.8
 */
export function softDiceConfidence(probability: Probabilities, mask: Mask): number {
  checkSameLength('softDiceConfidence', ['probability', 'mask'], probability, mask);
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
