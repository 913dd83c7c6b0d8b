/**
 * Undoes a scan line's filter in place (PNG, 9.2). `previous` is the line above, already undone, or null.
 * Returns false when the filter type is unknown.
 */
export function unfilterLine(
  filter: number,
  line: Uint8Array,
  previous: Uint8Array | null,
  pixelBytes: number,
): boolean {
  const n = line.length;
  switch (filter) {
    case 0:
      return true;
    case 1:
      for (let i = pixelBytes; i < n; i++) line[i]! += line[i - pixelBytes]!;
      return true;
    case 2:
      if (previous) for (let i = 0; i < n; i++) line[i]! += previous[i]!;
      return true;
    case 3:
      for (let i = 0; i < n; i++) {
        const left = i < pixelBytes ? 0 : line[i - pixelBytes]!;
        line[i]! += (left + (previous ? previous[i]! : 0)) >> 1;
      }
      return true;
    case 4:
      for (let i = 0; i < n; i++) {
        const left = i < pixelBytes ? 0 : line[i - pixelBytes]!;
        const up = previous ? previous[i]! : 0;
        const corner = i < pixelBytes || !previous ? 0 : previous[i - pixelBytes]!;
        line[i]! += paeth(left, up, corner);
      }
      return true;
    default:
      return false;
  }
}

/** The neighbour nearest to left + up - corner (PNG, 9.4). */
function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const dl = Math.abs(estimate - left);
  const du = Math.abs(estimate - up);
  const dc = Math.abs(estimate - corner);
  if (dl <= du && dl <= dc) return left;
  return du <= dc ? up : corner;
}
