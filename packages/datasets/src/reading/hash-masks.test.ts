import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashMasks } from './hash-masks.ts';

describe('hashMasks', () => {
  it('tells masks apart by their pixels, and not by how many bytes a pixel takes', () => {
    const pixels = fc.uint8Array({ minLength: 1, maxLength: 30, max: 3 });
    fc.assert(
      fc.property(pixels, pixels, (a, b) => {
        const isSame = a.length === b.length && a.every((value, i) => value === b[i]);
        expect(hashMasks([{ bits: a }]) === hashMasks([{ bits: b }])).toBe(isSame);
        expect(hashMasks([{ bits: Uint32Array.from(a) }])).toBe(hashMasks([{ bits: a }]));
      }),
    );
  });

  it('tells who drew them, in which order, and how many there are', () => {
    const bits = Uint8Array.of(0, 1, 1);
    const empty = Uint8Array.of(0, 0, 0);
    const all = [
      [],
      [{ bits }],
      [{ bits, annotator: '' }],
      [{ bits, annotator: 'A' }],
      [{ bits: empty }],
      [{ bits }, { bits: empty }],
      [{ bits: empty }, { bits }],
      [{ bits }, { bits: empty, annotator: 'A' }],
    ].map((masks) => hashMasks(masks));
    expect(new Set(all).size).toBe(all.length);
  });
});
