/**
 * The largest whole number up to `most` that fits, where every smaller one does too; 0 where none does.
 *
 * @example largestThatFits(100, (count) => count <= 7) // 7
 */
export function largestThatFits(most: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
