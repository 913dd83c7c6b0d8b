/** Numbers of at most `limit` of `count` things, spread evenly over all of them. */
export function spreadIndices(count: number, limit: number): number[] {
  const chosen = Math.min(count, limit);
  return Array.from({ length: chosen }, (_, i) => Math.floor(((i + 0.5) * count) / chosen));
}
