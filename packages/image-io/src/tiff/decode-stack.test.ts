import { describe, expect, it } from 'vitest';
import { decodeVolume, sniffVolume } from '../decode-volume.ts';
import { fromBase64 } from '../files/small-files.fixture.ts';
import { FormatError } from '../format-error.ts';
import { tiff } from './builder.fixture.ts';
import { decodeTiff } from './decode.ts';
import { tiffPages } from './directory.ts';
import { tiffStacks } from './stacks.fixture.ts';

const single = tiff([Uint8Array.of(1, 2)], { width: [2], height: [1] });
const startOf = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint32(4, true);
const entriesOf = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint16(startOf(bytes), true);

/** The file with a next page at `next`. */
function leadingTo(next: number, bytes: Uint8Array = single): Uint8Array {
  const changed = bytes.slice();
  new DataView(changed.buffer).setUint32(startOf(bytes) + 2 + entriesOf(bytes) * 12, next, true);
  return changed;
}

/** The file with a second page: its own directory again, as wide as asked. */
function twice(width: number): Uint8Array {
  const directory = single.slice(startOf(single));
  // The first entry is the width.
  new DataView(directory.buffer).setUint32(2 + 8, width, true);
  return Uint8Array.from([...leadingTo(single.length), ...directory]);
}

describe('pages of a TIFF file', () => {
  it.each(tiffStacks)('are the slices of a volume: $name', async ({ base64, spacing, dtype, factor }) => {
    const bytes = fromBase64(base64);
    const values = Array.from({ length: 24 }, (_, i) => i * 7 * factor);
    expect(tiffPages(bytes)).toBe(3);
    const volume = await decodeVolume(bytes, 'a.tif');
    expect(volume).toMatchObject({ size: [4, 2, 3], channels: 1, dtype, spacing, origin: [0, 0, 0] });
    // Along LPS, as ITK has a TIFF file.
    expect(volume.direction).toEqual([-1, 0, 0, 0, -1, 0, 0, 0, 1]);
    expect([...volume.data]).toEqual(values);
    for (const page of [0, 1, 2])
      expect([...decodeTiff(bytes, 'a.tif', { page }).data]).toEqual(values.slice(page * 8, page * 8 + 8));
    const first = decodeTiff(bytes);
    expect([...first.data]).toEqual(values.slice(0, 8));
    expect(first.remarks).toEqual(['it has several pages, of which only the first is read']);
    expect(decodeTiff(single).remarks).toBeUndefined();
  });

  it('refuses pages that are not there', () => {
    expect(tiffPages(single)).toBe(1);
    expect(() => decodeTiff(single, 'a.tif', { page: 1 })).toThrow(FormatError);
    expect(() => decodeTiff(single, 'a.tif', { page: 1 })).toThrow(/^a.tif: TIFF page 1 was asked for, the file has 1/);
    for (const page of [-1, 0.5]) expect(() => decodeTiff(single, 'a.tif', { page })).toThrow(RangeError);
  });

  it('refuses a chain that leads back or out of the file, and still reads the first page', () => {
    for (const [bytes, rule] of [
      [leadingTo(startOf(single)), /must not lead back to one before, page 1 does/],
      [leadingTo(5_000_000), /must lie inside the file of \d+ bytes, got offset 5000000/],
    ] as const) {
      expect(() => tiffPages(bytes, 'a.tif')).toThrow(FormatError);
      expect(() => tiffPages(bytes, 'a.tif')).toThrow(rule);
      expect(() => decodeTiff(bytes, 'a.tif', { page: 1 })).toThrow(rule);
      expect([...decodeTiff(bytes).data]).toEqual([1, 2]);
    }
  });

  it('refuses pages without end', () => {
    // Empty directories of 6 bytes, one after the other.
    const bytes = new Uint8Array(8 + 6 * 70_000);
    const view = new DataView(bytes.buffer);
    bytes.set([0x49, 0x49, 42, 0, 8]);
    for (let at = 8; at + 12 <= bytes.length; at += 6) view.setUint32(at + 2, at + 6, true);
    expect(() => tiffPages(bytes, 'a.tif')).toThrow(/must have at most 65536 pages, got more/);
  });

  it('refuses pages that differ, a single one, and more than the limit in all', async () => {
    expect((await decodeVolume(twice(2))).data).toEqual(Uint8Array.of(1, 2, 1, 2));
    await expect(decodeVolume(twice(1), 'a.tif')).rejects.toThrow(FormatError);
    await expect(decodeVolume(twice(1), 'a.tif')).rejects.toThrow(
      /page 0 is 2x1 with 1 channel of 8 bits and page 1 1x1 with 1 channel of 8 bits/,
    );
    await expect(decodeVolume(single, 'a.tif')).rejects.toThrow(/must have several pages, got 1: it is an image/);
    await expect(decodeVolume(twice(2), 'a.tif', { maxBytes: 3 })).rejects.toThrow(/4 bytes; the limit maxBytes is 3/);
    expect(sniffVolume(twice(2))).toBeUndefined();
  });
});
