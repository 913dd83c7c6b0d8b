/** Entropy in bits of a yes-or-no question with probability p of yes: 0 when certain, 1 at p = 0.5 (Shannon 1948). */
export function binaryEntropy(p: number): number {
  if (p <= 0 || p >= 1) return 0;
  return -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p));
}
