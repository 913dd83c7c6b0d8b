import { requireList } from '@medseg/arguments';
import { requireBits } from '../class-map.ts';

/**
 * A mask of K channels as one integer per pixel: bit k is channel k. With one channel it is a mask of 0 and 1.
 * Pixels are in the order of the file. Where classes have values to ignore, bit K alone marks the pixels that have them;
 * see {@link ignoredPixels}.
 */
export type MaskBits = Uint8Array | Uint16Array | Uint32Array;

/** An empty mask of `length` pixels and `classes` channels. Throws RangeError for more channels than bits. */
export function emptyBits(length: number, classes: number): MaskBits {
  requireBits(classes);
  if (classes <= 8) return new Uint8Array(length);
  return classes <= 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/** The bits of a pixel to ignore, in a mask of so many classes. */
export function ignoredBits(classes: number): number {
  return 2 ** classes;
}

/**
 * Where a mask of `classes` channels has pixels to ignore: 1 for each of them. Undefined where it has none.
 *
 * @example ignoredPixels(Uint8Array.of(0, 1, 2), 1) // [0, 0, 1]
 */
export function ignoredPixels(bits: MaskBits, classes: number): Uint8Array | undefined {
  requireList('ignoredPixels: bits', bits);
  const ignored = ignoredBits(classes);
  return bits.includes(ignored) ? Uint8Array.from(bits, (pattern) => (pattern === ignored ? 1 : 0)) : undefined;
}

/** A mask of `classes` channels with nothing in the pixels to ignore. */
export function withoutIgnored(bits: MaskBits, classes: number): MaskBits {
  const ignored = ignoredBits(classes);
  if (!bits.includes(ignored)) return bits;
  const out = emptyBits(bits.length, classes);
  for (let i = 0; i < bits.length; i++) if (bits[i] !== ignored) out[i] = bits[i]!;
  return out;
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

/** One channel of a mask as 0 and 1. Throws RangeError for a channel that no mask has. */
export function channelOf(bits: MaskBits, channel: number): Uint8Array {
  requireList('channelOf: bits', bits);
  requireBits(channel + 1);
  return Uint8Array.from(bits, (pattern) => (pattern >>> channel) & 1);
}
