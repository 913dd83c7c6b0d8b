/**
 * A mask of K channels as one integer per pixel: bit k is channel k. With one channel it is a mask of 0 and 1.
 * Pixels are in the order of the file.
 */
export type MaskBits = Uint8Array | Uint16Array | Uint32Array;

/** An empty mask of `length` pixels and `classes` channels. */
export function emptyBits(length: number, classes: number): MaskBits {
  if (classes <= 8) return new Uint8Array(length);
  return classes <= 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/** Counts the pixels of each channel. */
export function countBits(bits: MaskBits, classes: number): number[] {
  const byPattern = new Map<number, number>();
  let run = 0;
  for (let i = 0; i < bits.length; i++) {
    run++;
    if (i + 1 === bits.length || bits[i + 1] !== bits[i]) {
      byPattern.set(bits[i]!, (byPattern.get(bits[i]!) ?? 0) + run);
      run = 0;
    }
  }
  const counts = new Array<number>(classes).fill(0);
  for (const [pattern, count] of byPattern)
    for (let k = 0; k < classes; k++) if ((pattern >>> k) & 1) counts[k]! += count;
  return counts;
}

/** One channel of a mask as 0 and 1. */
export function channelOf(bits: MaskBits, channel: number): Uint8Array {
  return Uint8Array.from(bits, (pattern) => (pattern >>> channel) & 1);
}
