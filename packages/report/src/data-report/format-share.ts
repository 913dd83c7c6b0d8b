/**
 * A share as a percentage, with one digit after the point, or one significant digit where it is small.
 *
 * @example formatShare(0.1234) // 12.3 %
 */
export function formatShare(share: number): string {
  return share > 0 && share < 0.001 ? `${(100 * share).toPrecision(1)} %` : `${(100 * share).toFixed(1)} %`;
}
