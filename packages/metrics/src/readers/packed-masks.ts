import type { Mask } from '../arrays.ts';

/** A mask of 0 and 1, 32 pixels a word, and its size in pixels: pairs of many masks are counted word by word. */
export interface PackedMask {
  readonly words: Int32Array;
  readonly size: number;
}

/** Packs a mask that is known to hold only 0 and 1; pixels that are ignored, if any, are background. */
export function packMask(mask: Mask, ignored?: Mask): PackedMask {
  const words = new Int32Array(Math.ceil(mask.length / 32));
  let size = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 1 || ignored?.[i] === 1) continue;
    words[i >>> 5] = words[i >>> 5]! | (1 << (i & 31));
    size++;
  }
  return { words, size };
}

/** Dice of two packed masks, 1 where both are empty. */
export function packedDice(a: PackedMask, b: PackedMask): number {
  const sum = a.size + b.size;
  return sum === 0 ? 1 : (2 * sizeOfBoth(a, b)) / sum;
}

/** IoU of two packed masks, 1 where both are empty. */
export function packedIou(a: PackedMask, b: PackedMask): number {
  const both = sizeOfBoth(a, b);
  const either = a.size + b.size - both;
  return either === 0 ? 1 : both / either;
}

function sizeOfBoth(a: PackedMask, b: PackedMask): number {
  let count = 0;
  for (let i = 0; i < a.words.length; i++) {
    let bits = a.words[i]! & b.words[i]!;
    if (bits === 0) continue;
    bits -= (bits >>> 1) & 0x55555555;
    bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
    count += Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
