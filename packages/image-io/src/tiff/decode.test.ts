import fc from 'fast-check';
import { zlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { fromBase64 } from '../files/small-files.fixture.ts';
import { FormatError } from '../format-error.ts';
import { createImage } from '../image.ts';
import { lzwEncode, tiff } from './builder.fixture.ts';
import { decodeTiff } from './decode.ts';
import { encodeTiff } from './encode.ts';
import { halfTiff } from './stacks.fixture.ts';

const one = (...bytes: number[]): Uint8Array[] => [Uint8Array.from(bytes)];

describe('decodeTiff', () => {
  it('puts many strips together, the last one shorter', () => {
    const strips = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8), Uint8Array.of(9, 10)];
    const image = decodeTiff(tiff(strips, { width: [2], height: [5], rowsPerStrip: [2] }));
    expect(image).toEqual(
      createImage({ width: 2, height: 5, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) }),
    );
  });

  it('inverts white-is-zero and scales 1, 2 and 4 bits', () => {
    expect([...decodeTiff(tiff(one(10, 255), { width: [2], height: [1], photometric: [0] })).data]).toEqual([245, 0]);
    expect([...decodeTiff(tiff(one(0b00011011), { width: [4], height: [1], bitsPerSample: [2] })).data]).toEqual([
      0, 85, 170, 255,
    ]);
    expect([...decodeTiff(tiff(one(0x0f), { width: [2], height: [1], bitsPerSample: [4] })).data]).toEqual([0, 255]);
    expect([
      ...decodeTiff(tiff(one(0x40), { width: [2], height: [1], bitsPerSample: [1], photometric: [0] })).data,
    ]).toEqual([255, 0]);
  });

  it('keeps 12 bits as they are, each row from a byte of its own', () => {
    const rows = one(0x12, 0x3a, 0xbc, 0xff, 0xf0, 0x00, 0x10, 0x02, 0x00, 0x30);
    const tags = { width: [3], height: [2], bitsPerSample: [12] };
    const image = decodeTiff(tiff(rows, tags));
    expect(image.bitDepth).toBe(16);
    expect([...image.data]).toEqual([0x123, 0xabc, 0xfff, 0x001, 0x002, 0x003]);
    expect([...decodeTiff(tiff(rows, { ...tags, photometric: [0] })).data]).toEqual([
      0xedc, 0x543, 0x000, 0xffe, 0xffd, 0xffc,
    ]);
  });

  it('reads float16: what tifffile writes, and the ends of its range', () => {
    expect([...decodeTiff(fromBase64(halfTiff)).data]).toEqual(Array.from({ length: 12 }, (_, i) => i / 4 - 1));
    const words = Uint16Array.of(0x0001, 0x03ff, 0x0400, 0x7bff, 0x8000, 0xfc00, 0x7e00, 0x3555);
    const bytes = tiff([new Uint8Array(words.buffer)], {
      width: [8],
      height: [1],
      bitsPerSample: [16],
      sampleFormat: [3],
    });
    const third = 0.333251953125;
    expect([...decodeTiff(bytes).data]).toEqual([
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      65504,
      -0,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      third,
    ]);
  });

  it('expands a palette and keeps its indices', () => {
    const colorMap = Array.from({ length: 48 }, (_, i) => i * 256);
    const image = decodeTiff(
      tiff(one(0x2f), { width: [2], height: [1], bitsPerSample: [4], photometric: [3], colorMap }),
    );
    expect(image).toEqual(
      createImage({
        width: 2,
        height: 1,
        channels: 3,
        data: Uint8Array.of(2, 18, 34, 15, 31, 47),
        indices: Uint8Array.of(2, 15),
      }),
    );
  });

  it('keeps signed numbers and names opacity', () => {
    expect([
      ...decodeTiff(tiff(one(0xfe, 0xff), { width: [1], height: [1], bitsPerSample: [16], sampleFormat: [2] })).data,
    ]).toEqual([-2]);
    const rgba = tiff(one(1, 2, 3, 4), {
      width: [1],
      height: [1],
      samplesPerPixel: [4],
      bitsPerSample: [8, 8, 8, 8],
      photometric: [2],
      extraSamples: [2],
    });
    expect(decodeTiff(rgba).alpha).toBe(true);
  });

  it('reads LZW of any bytes, over table resets', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 256 }),
        fc.integer(),
        (width, height, levels, salt) => {
          let state = salt | 1;
          const data = new Uint8Array(width * height).map(() => {
            state = Math.imul(state, 1664525) + 1013904223;
            return (state >>> 16) % levels;
          });
          const bytes = tiff([lzwEncode(data)], { width: [width], height: [height], compression: [5] });
          expect(decodeTiff(bytes).data).toEqual(data);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives back what encodeTiff was given', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(Uint8Array, Uint16Array, Float32Array),
        fc.integer({ min: 0, max: 1000 }),
        (width, height, channels, Samples, salt) => {
          const data = new Samples(width * height * channels);
          for (let i = 0; i < data.length; i++) data[i] = i * 31 + salt;
          const image = createImage({
            width,
            height,
            channels,
            data,
            ...((channels === 2 || channels === 4) && { alpha: true }),
          });
          expect(decodeTiff(encodeTiff(image))).toEqual(image);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads the first page alone', () => {
    const bytes = encodeTiff(createImage({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }));
    const view = new DataView(bytes.buffer);
    // The next directory would stand far behind the file's end.
    view.setUint32(10 + view.getUint16(8, true) * 12, 1_000_000, true);
    expect([...decodeTiff(bytes).data]).toEqual([7]);
  });

  const small = encodeTiff(
    createImage({ width: 5, height: 4, channels: 3, data: new Uint8Array(60).map((_, i) => i * 4) }),
  );

  it('refuses every truncation, naming the file', () => {
    for (let length = 0; length < small.length; length++) {
      expect(() => decodeTiff(small.subarray(0, length), 'cut.tif'), `${length} bytes`).toThrow(FormatError);
      expect(() => decodeTiff(small.subarray(0, length), 'cut.tif')).toThrow(/^cut\.tif: /);
    }
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['no size', tiff(one(1), { height: [1] }), /width and height must be at least 1, got 0x1/],
    [
      'no strips',
      tiff(one(1), { width: [1], height: [1], stripOffsets: null }),
      /must say where its strips or tiles are/,
    ],
    [
      'too few strips',
      tiff(one(1), { width: [1], height: [2], rowsPerStrip: [1] }),
      /needs 2 strips for its 1x2 pixels, got 1/,
    ],
    [
      'a strip behind the end',
      tiff(one(1), { width: [1], height: [1], stripOffsets: [5000] }),
      /truncated: strip 0 is 1 bytes from byte 5000 on/,
    ],
    [
      'a strip that is too short',
      tiff(one(1), { width: [5], height: [5] }),
      /strip 0 must hold 25 bytes of pixels, its 1 bytes cannot/,
    ],
    [
      'sizes beyond the bytes',
      tiff(one(1), { width: [10000], height: [10000], compression: [5] }),
      /must hold 100000000 bytes of pixels, its 1 bytes cannot/,
    ],
    [
      'sizes beyond the limit',
      tiff(one(1), { width: [100000], height: [100000] }),
      /10000000000 bytes; the limit maxBytes is 268435456/,
    ],
    [
      'a tile larger than the limit',
      tiff(one(1), {
        width: [1],
        height: [1],
        stripOffsets: null,
        tileOffsets: [8],
        tileByteCounts: [1],
        tileWidth: [1e6],
        tileHeight: [1e6],
      }),
      /a TIFF tile declares 1000000x1000000/,
    ],
    [
      'an unknown compression',
      tiff(one(1), { width: [1], height: [1], compression: [7] }),
      /compression must be none, LZW, deflate or PackBits .* got 7/,
    ],
    [
      'broken deflate data',
      tiff([new Uint8Array(30)], { width: [5], height: [5], compression: [8] }),
      /is not valid deflate data/,
    ],
    [
      'broken LZW data',
      tiff([new Uint8Array(30).fill(255)], { width: [9], height: [9], compression: [5] }),
      /is not valid LZW data/,
    ],
    [
      'PackBits that end early',
      tiff([Uint8Array.of(0, 1)], { width: [5], height: [5], compression: [32773] }),
      /must hold 25 bytes of pixels, its PackBits data holds 1/,
    ],
    [
      '10 bits',
      tiff(one(1, 2), { width: [1], height: [1], bitsPerSample: [10] }),
      /must have 1, 2, 4, 8, 12, 16, 32 bits, got 10/,
    ],
    [
      'differences of 12 bits',
      tiff(one(1, 2), { width: [1], height: [1], bitsPerSample: [12], predictor: [2] }),
      /predictor 2 does not go with unsigned samples of 12 bits/,
    ],
    [
      'CMYK',
      tiff(one(1, 2, 3, 4), { width: [1], height: [1], samplesPerPixel: [4], photometric: [5] }),
      /gray, RGB or palette .* got 5/,
    ],
    [
      'mixed bits',
      tiff(one(1, 2, 3), { width: [1], height: [1], samplesPerPixel: [2], bitsPerSample: [8, 16] }),
      /one bit depth, got 8, 16/,
    ],
    [
      'a palette that is too short',
      tiff(one(1), { width: [1], height: [1], photometric: [3], colorMap: [1, 2] }),
      /needs 768 values, got 2/,
    ],
    [
      'a directory behind the end',
      Uint8Array.of(0x49, 0x49, 42, 0, 255, 255, 0, 0),
      /directory must lie inside the file of 8 bytes, got offset 65535/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeTiff(bytes, 'bad.tif')).toThrow(FormatError);
    expect(() => decodeTiff(bytes, 'bad.tif')).toThrow(message);
  });

  it('says at which byte a rule is broken', () => {
    const bytes = tiff(one(1), { width: [1], height: [1], compression: [7] });
    // Strip at 8, directory at 9: width, height, bits, then compression as the fourth entry.
    expect(() => decodeTiff(bytes, 'a.tif')).toThrow(expect.objectContaining({ file: 'a.tif', offset: 11 + 3 * 12 }));
  });

  describe('of strips that share their bytes', () => {
    const rows = 2000;
    /** Every strip is one row and the same bytes. */
    const shared = (strip: Uint8Array, width: number, compression: number): Uint8Array =>
      tiff([strip], {
        width: [width],
        height: [rows],
        rowsPerStrip: [1],
        compression: [compression],
        stripOffsets: new Array(rows).fill(8),
        stripByteCounts: new Array(rows).fill(strip.length),
      });

    it('reads them where they are small', () => {
      const { data } = decodeTiff(shared(Uint8Array.of(1, 2, 3), 3, 1), 'a');
      expect([...data.subarray(rows * 3 - 3)]).toEqual([1, 2, 3]);
      expect(decodeTiff(shared(zlibSync(new Uint8Array(500).fill(7)), 500, 8), 'a').data.every((v) => v === 7)).toBe(
        true,
      );
    });

    it('takes little time where they are bombs', () => {
      const bomb = zlibSync(new Uint8Array(4_000_000)); // 4 KB
      const start = performance.now();
      expect(decodeTiff(shared(bomb, 4096, 8), 'a').data).toHaveLength(rows * 4096);
      expect(performance.now() - start).toBeLessThan(5000);
    });

    it('refuses them where nearly all of it is read in vain', () => {
      const start = performance.now();
      for (const [strip, compression] of [
        [zlibSync(new Uint8Array(4_000_000)), 8],
        [new Uint8Array(1_000_000).fill(128), 32773], // PackBits that say nothing
      ] as const)
        expect(() => decodeTiff(shared(strip, 40, compression), 'a')).toThrow(
          /^a: the 2000 strips of the TIFF share their bytes: \d+ in all for 80000 bytes of pixels, the file has \d+/,
        );
      expect(performance.now() - start).toBeLessThan(1000);
    });
  });
});
