/**
 * Entropy of a yes-or-no question with probability p of yes, -p log p - (1-p) log (1-p) (Shannon 1948): 0 when certain,
 * largest at p = 0.5. The logarithm gives the unit: `Math.log` nats, `Math.log2` bits.
 *
 * @example binaryEntropy(0.5, Math.log2) // 1
 */
export function binaryEntropy(p: number, log: (x: number) => number = Math.log): number {
  return p > 0 && p < 1 ? -(p * log(p) + (1 - p) * log(1 - p)) : 0;
}
