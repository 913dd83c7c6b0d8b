import { type OptionNames, requireOptions } from '@medseg/arguments';
import { ignoredBits, type MaskBits } from './mask-bits.ts';

/** The parts of a mask as one. */
export interface UnitedMask {
  /** Bit k of a pixel for class k. */
  bits: MaskBits;
  /** Whether a pixel is in two of the parts. */
  overlaps: boolean;
  /** Whether two parts gave a pixel to different classes of which it may have one. */
  disputed: boolean;
}

const unitePartsOptionNames: OptionNames<NonNullable<Parameters<typeof uniteParts>[1]>> = {
  count: true,
  exclusive: true,
};

/**
 * Unites the parts of a mask, such as the files of several lesions or of several classes. Where classes exclude one
 * another and two parts give a pixel to different ones, the later part has it. A pixel that one part says to ignore is
 * ignored.
 *
 * @example uniteParts([Uint8Array.of(1, 0), Uint8Array.of(0, 1)], { count: 1, exclusive: true }).bits // [1, 1]
 */
export function uniteParts(parts: readonly MaskBits[], options: { count: number; exclusive: boolean }): UnitedMask {
  requireOptions('uniteParts', options, unitePartsOptionNames);
  const { count, exclusive } = options;
  const [first, ...others] = parts;
  if (!first) throw new RangeError('uniteParts: there must be a part, got none');
  const widest = parts.reduce((a, b) => (b.BYTES_PER_ELEMENT > a.BYTES_PER_ELEMENT ? b : a));
  const bits = widest.slice();
  bits.set(first);
  const ignored = ignoredBits(count);
  let overlaps = false;
  let disputed = false;
  for (const part of others) {
    for (let i = 0; i < bits.length; i++) {
      const added = part[i]!;
      if (added === 0) continue;
      const had = bits[i]!;
      if (had === ignored || added === ignored) {
        bits[i] = ignored;
        continue;
      }
      if (had !== 0) {
        overlaps = true;
        if (exclusive && had !== added) disputed = true;
      }
      bits[i] = exclusive ? added : had | added;
    }
  }
  return { bits, overlaps, disputed };
}
