import { WordHash } from '@medseg/image-io';
import type { AnnotatedBits } from './annotated.ts';

/**
 * A hash of 64 bits, in hexadecimal, of the masks of a case as they are read: who drew each, and the classes of each
 * pixel, those to ignore among them.
 *
 * @example hashMasks([{ bits: Uint8Array.of(0, 1) }]) === hashMasks([{ bits: Uint16Array.of(0, 1) }]) // true
 */
export function hashMasks(masks: readonly AnnotatedBits[]): string {
  const hash = new WordHash();
  hash.add(masks.length);
  for (const { annotator, bits } of masks) {
    hash.add(annotator === undefined ? 0 : 1);
    hash.addText(annotator ?? '');
    hash.add(bits.length);
    // Masks are runs of one value: each is hashed with its end.
    for (let i = 1; i <= bits.length; i++) {
      if (i < bits.length && bits[i] === bits[i - 1]) continue;
      hash.add(bits[i - 1]!);
      hash.add(i);
    }
  }
  return hash.hex();
}
