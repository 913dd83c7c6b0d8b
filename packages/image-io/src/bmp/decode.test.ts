import { describe, expect, it } from 'vitest';
import { fromBase64, size, smallBmps } from '../files/small-files.fixture.ts';
import { FormatError } from '../format-error.ts';
import { decodeBmp } from './decode.ts';

interface Parts {
  width: number;
  height: number;
  bits: number;
  compression?: number;
  /** Between header and pixels. */
  between?: number[];
  rows: number[][];
}

/** A BMP file with a header of 40 bytes. */
function bmp({ width, height, bits, compression = 0, between = [], rows }: Parts): Uint8Array {
  const pixels = rows.flatMap((row) => [...row, ...Array((4 - (row.length % 4)) % 4).fill(0)]);
  const bytes = new Uint8Array([...new Uint8Array(54), ...between, ...pixels]);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, 54 + between.length, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, compression, true);
  return bytes;
}

/** 4 x 2 pixels of run lengths; color i of the palette is gray of 10 i. */
const runs = (bits: 4 | 8, codes: number[], height = 2): Uint8Array => {
  const between = Array.from({ length: 16 }, (_, i) => [10 * i, 10 * i, 10 * i, 0]).flat();
  return bmp({ width: 4, height, bits, compression: bits === 8 ? 1 : 2, between, rows: [codes] });
};

const rgb = {
  width: 2,
  height: 2,
  bits: 24,
  rows: [
    [3, 2, 1, 6, 5, 4],
    [9, 8, 7, 12, 11, 10],
  ],
};

describe('decodeBmp', () => {
  it.each(smallBmps)('reads what Pillow writes: $name', ({ channels, values, base64 }) => {
    const image = decodeBmp(fromBase64(base64));
    expect(image).toMatchObject({ ...size, channels, bitDepth: 8 });
    expect([...image.data]).toEqual(values);
  });

  it('reads rows from below, and from above when the height is negative', () => {
    expect([...decodeBmp(bmp(rgb)).data]).toEqual([7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6]);
    expect([...decodeBmp(bmp({ ...rgb, height: -2 })).data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('reads 4 bits with a palette of colours, black where it has none', () => {
    const image = decodeBmp(
      bmp({ width: 3, height: 1, bits: 4, between: [1, 2, 3, 0, 4, 5, 6, 0], rows: [[0x10, 0xf0]] }),
    );
    expect(image).toMatchObject({ channels: 3 });
    expect([...image.data]).toEqual([6, 5, 4, 3, 2, 1, 0, 0, 0]);
    expect([...image.indices!]).toEqual([1, 0, 15]);
    expect(decodeBmp(runs(8, [4, 1, 0, 0, 4, 2, 0, 1])).indices).toBeUndefined(); // grays
  });

  it('reads run lengths: runs, bytes as they are, skips and ends of rows', () => {
    const levels = (codes: number[], bits: 4 | 8): number[] => [...decodeBmp(runs(bits, codes)).data];
    // The lower row stands first.
    expect(levels([3, 5, 1, 2, 0, 0, 0, 3, 1, 2, 3, 0, 1, 4, 0, 1], 8)).toEqual([10, 20, 30, 40, 50, 50, 50, 20]);
    expect(levels([0, 2, 2, 1, 2, 9, 0, 1], 8)).toEqual([0, 0, 90, 90, 0, 0, 0, 0]);
    expect(levels([3, 0x56, 1, 0x20, 0, 0, 0, 4, 0x12, 0x34, 0, 1], 4)).toEqual([10, 20, 30, 40, 50, 60, 50, 20]);
    expect(levels([0, 0, 0, 3, 0x12, 0x30, 1, 0xf0, 0, 1], 4)).toEqual([10, 20, 30, 150, 0, 0, 0, 0]);
  });

  it('reads 16 bits: 5 a channel, and 5, 6, 5 by masks', () => {
    const five = bmp({ width: 2, height: 1, bits: 16, rows: [[0x1f, 0x00, 0x00, 0x7c]] });
    expect([...decodeBmp(five).data]).toEqual([0, 0, 255, 255, 0, 0]);
    const masks = [0, 0xf8, 0, 0, 0xe0, 0x07, 0, 0, 0x1f, 0, 0, 0];
    const six = bmp({ width: 1, height: 1, bits: 16, compression: 3, between: masks, rows: [[0xe0, 0x07]] });
    expect([...decodeBmp(six).data]).toEqual([0, 255, 0]);
  });

  it('reads 32 bits with an opacity mask', () => {
    const masks = [0xff, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0xff];
    const image = decodeBmp(
      bmp({ width: 1, height: 1, bits: 32, compression: 6, between: masks, rows: [[1, 2, 3, 4]] }),
    );
    expect(image).toMatchObject({ channels: 4, alpha: true });
    expect([...image.data]).toEqual([1, 2, 3, 4]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['half a file', bmp(rgb).slice(0, -3), /truncated: 2x2 pixels of 24 bits at byte 54 need more than 67 bytes/],
    ['half a header', bmp(rgb).slice(0, 30), /ends inside its header/],
    ['embedded PNG', bmp({ ...rgb, compression: 5 }), /must be plain, RLE8 or RLE4, got compression 5 with 24 bits/],
    ['RLE4 of 8 bits', bmp({ ...rgb, bits: 8, compression: 2 }), /must be plain, .* got compression 2 with 8 bits/],
    ['run lengths from above', runs(8, [0, 1], -2), /must go from below/],
    ['a run over the edge', runs(8, [5, 1, 0, 1]), /must stay in 4x2 pixels, got 5 at column 0 of row 0/],
    ['a run over the top', runs(8, [0, 2, 0, 2, 1, 1, 0, 1]), /got 1 at column 0 of row 2/],
    ['runs without an end', runs(8, [4, 1, 0, 0]), /truncated: its run lengths end in row 1 of 2/],
    ['half of the bytes as they are', runs(8, [0, 4, 1, 2]), /truncated: its run lengths end in row 0 of 2/],
    ['2 bits', bmp({ ...rgb, bits: 2 }), /1, 4, 8, 16, 24 or 32 bits, got 2/],
    ['no width', bmp({ ...rgb, width: 0 }), /must not be 0, got 0x2/],
    ['a size over the limit', bmp({ ...rgb, width: 2 ** 30 }), /the limit maxBytes is 268435456/],
  ])('refuses %s', (_, bytes, rule) => {
    expect(() => decodeBmp(bytes, 'a.bmp')).toThrow(FormatError);
    expect(() => decodeBmp(bytes, 'a.bmp')).toThrow(rule);
  });
});
