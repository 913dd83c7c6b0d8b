import { describe, expect, it } from 'vitest';
import { WordHash } from './word-hash.ts';

const hashOf = (fill: (hash: WordHash) => void): string => {
  const hash = new WordHash();
  fill(hash);
  return hash.hex();
};

describe('WordHash', () => {
  it('is the same for the same bytes wherever they lie, and another for every change of one of them', () => {
    const bytes = Uint8Array.from({ length: 23 }, (_, i) => (i * 37) % 256);
    const own = hashOf((hash) => hash.addBytes(bytes));
    expect(own).toMatch(/^[0-9a-f]{16}$/);
    for (const offset of [1, 2, 3, 4]) {
      const moved = new Uint8Array(bytes.length + offset);
      moved.set(bytes, offset);
      for (const view of [moved.subarray(offset), Buffer.from(moved.buffer, offset)])
        expect(hashOf((hash) => hash.addBytes(view))).toBe(own);
    }
    const changed = Array.from(bytes, (_, at) => {
      const copy = bytes.slice();
      copy[at]! ^= 1;
      return hashOf((hash) => hash.addBytes(copy));
    });
    const shorter = hashOf((hash) => hash.addBytes(bytes.subarray(0, -1)));
    expect(new Set([own, shorter, ...changed]).size).toBe(bytes.length + 2);
  });

  it('does not repeat among many short texts, nor when one text ends where another begins', () => {
    const found = new Set<string>();
    for (let n = 0; n < 20_000; n++) found.add(hashOf((hash) => hash.addText(`1.2.840.${n}`)));
    expect(found.size).toBe(20_000);
    const joined = (...texts: string[]): string =>
      hashOf((hash) => {
        for (const text of texts) hash.addText(text);
      });
    expect(joined('ab', 'c')).not.toBe(joined('a', 'bc'));
  });

  it('sees all bits of a number', () => {
    const hashes = [0, -0, 1, 1 + Number.EPSILON, 2 ** 32, 2 ** 52].map((n) => hashOf((hash) => hash.addNumbers([n])));
    expect(new Set(hashes).size).toBe(6);
  });
});
