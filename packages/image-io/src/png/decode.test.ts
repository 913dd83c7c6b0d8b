import fc from 'fast-check';
import { encode } from 'fast-png';
import { zlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../format-error.ts';
import { createImage } from '../image.ts';
import { chunk, header, join, png, signature } from './builder.fixture.ts';
import { decodePng } from './decode.ts';
import { encodePng } from './encode.ts';

describe('decodePng', () => {
  it.each([1, 2, 4])('scales gray of %i bits to 0..255', (depth) => {
    const most = 2 ** depth - 1;
    const perByte = 8 / depth;
    // One pixel more than a byte holds: a line ends inside a byte.
    const width = perByte + 1;
    const byte = Array.from({ length: perByte }, (_, i) => i % (most + 1)).reduce(
      (bits, value) => (bits << depth) | value,
      0,
    );
    const { data } = decodePng(png(header(width, 1, depth, 0), [0, byte, most << (8 - depth)]));
    expect([...data]).toEqual([...Array.from({ length: perByte }, (_, i) => ((i % (most + 1)) * 255) / most), 255]);
  });

  it('undoes each filter type', () => {
    // Rows of 10, 20, 30; below them 11, 22, 33 four times, filtered by 0 to 4 (PNG, 9.2, worked by hand).
    const lines = [0, 10, 20, 30, 1, 11, 11, 11, 2, 0, 0, 0, 3, 6, 6, 6, 4, 0, 0, 0];
    const { data } = decodePng(png(header(3, 5, 8, 0), lines));
    expect([...data]).toEqual([10, 20, 30, 11, 22, 33, 11, 22, 33, 11, 22, 33, 11, 22, 33]);
  });

  it('reads 16 bits and interlaced files as fast-png writes them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 19 }),
        fc.integer({ min: 1, max: 19 }),
        fc.constantFrom(1, 2, 3, 4),
        fc.constantFrom(8 as const, 16 as const),
        fc.constantFrom('null' as const, 'Adam7' as const),
        fc.integer(),
        (width, height, channels, depth, interlace, salt) => {
          const data = new (depth === 8 ? Uint8Array : Uint16Array)(width * height * channels).map(
            (_, i) => (i * 7919 + salt) % 2 ** depth,
          );
          const image = decodePng(encode({ width, height, channels, depth, data }, { interlace }));
          expect(image).toMatchObject({ width, height, channels, bitDepth: depth });
          expect(image.data).toEqual(data);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads interlaced 1-bit files, whose passes end inside bytes', () => {
    // 3x3, passes of Adam7 that have pixels: 1 (0,0), 4 (2,0), 5 (0,2) (2,2), 6 (1,0) (1,2), 7 row 1.
    const lines = [0, 0x80, 0, 0x80, 0, 0x40, 0, 0x80, 0, 0x00, 0, 0xa0];
    const { data } = decodePng(png(header(3, 3, 1, 0, 1), lines));
    expect([...data].map((v) => v / 255)).toEqual([1, 1, 1, 1, 0, 1, 0, 0, 1]);
  });

  it('names opacity, and gives back what encodePng was given', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.integer(),
        (width, height, channels, deep, salt) => {
          const data = new (deep ? Uint16Array : Uint8Array)(width * height * channels).map((_, i) => i * 31 + salt);
          const image = createImage({ width, height, channels, data, ...(channels % 2 === 0 && { alpha: true }) });
          expect(decodePng(encodePng(image))).toEqual(image);
        },
      ),
      { numRuns: 60 },
    );
  });

  const small = encodePng(
    createImage({ width: 5, height: 4, channels: 3, data: new Uint8Array(60).map((_, i) => i * 4) }),
  );

  it('refuses every truncation, naming the file', () => {
    for (let length = 0; length < small.length; length++) {
      expect(() => decodePng(small.subarray(0, length), 'cut.png'), `${length} bytes`).toThrow(FormatError);
      expect(() => decodePng(small.subarray(0, length), 'cut.png')).toThrow(/^cut\.png: /);
    }
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a damaged chunk', small.map((byte, i) => (i === 20 ? byte ^ 1 : byte)), /IHDR is damaged: its CRC/],
    ['no width', png(header(0, 4, 8, 0), [0]), /width and height must be 1/],
    ['an unknown depth', png(header(1, 1, 3, 0), [0, 0]), /bit depth of gray must be one of 1, 2, 4, 8, 16, got 3/],
    ['an unknown colour type', png(header(1, 1, 8, 5), [0, 0]), /colour type must be 0, 2, 3, 4 or 6, got 5/],
    ['too few pixels', png(header(4, 4, 8, 0), [0, 1, 2, 3, 4]), /must inflate to 20 bytes, got 5/],
    ['too many pixels', png(header(1, 1, 8, 0), [0, 1, 2, 3, 4]), /must inflate to 2 bytes, got more/],
    ['an unknown filter', png(header(1, 1, 8, 0), [9, 1]), /filter type must be 0 to 4, got 9 in row 0/],
    ['a palette that is missing', png(header(1, 1, 8, 3), [0, 0]), /must have a PLTE chunk/],
    [
      'a colour beyond the palette',
      png(header(1, 1, 8, 3), [0, 1], [chunk('PLTE', [1, 2, 3])]),
      /has 1 colours, a pixel asks for number 1/,
    ],
    [
      'an unknown critical chunk',
      png(header(1, 1, 8, 0), [0, 0], [chunk('ABCD', [])]),
      /chunk ABCD is critical and unknown/,
    ],
    [
      'no pixels at all',
      join([signature, chunk('IHDR', header(1, 1, 8, 0)), chunk('IEND', [])]),
      /must have an IDAT chunk/,
    ],
    [
      'a stream that is not zlib',
      join([signature, chunk('IHDR', header(1, 1, 8, 0)), chunk('IDAT', [1, 2, 3, 4, 5, 6, 7, 8]), chunk('IEND', [])]),
      /not a valid zlib stream/,
    ],
    ['sizes beyond the bytes', png(header(30000, 3000, 8, 0), [0]), /more than its \d+ compressed bytes can hold/],
    [
      'sizes beyond the limit',
      png(header(30000, 30000, 8, 0), [0]),
      /900000000 bytes; the limit maxBytes is 268435456/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodePng(bytes, 'bad.png')).toThrow(FormatError);
    expect(() => decodePng(bytes, 'bad.png')).toThrow(message);
  });

  it('stops a decompression bomb where the pixels end', () => {
    const bomb = join([
      signature,
      chunk('IHDR', header(10, 10, 8, 0)),
      chunk('IDAT', zlibSync(new Uint8Array(60_000_000))),
      chunk('IEND', []),
    ]);
    const start = performance.now();
    expect(() => decodePng(bomb)).toThrow(/must inflate to 110 bytes, got more/);
    expect(performance.now() - start).toBeLessThan(500);
  });

  it('takes a larger image when the limit is raised, and none over a smaller one', () => {
    expect(() => decodePng(small, 'a.png', { maxBytes: 59 })).toThrow(/the limit maxBytes is 59/);
    expect(decodePng(small, 'a.png', { maxBytes: 64 }).width).toBe(5);
  });

  it('says at which byte a rule is broken', () => {
    expect(() => decodePng(png(header(1, 1, 8, 5), [0, 0]), 'a.png')).toThrow(
      expect.objectContaining({ file: 'a.png', offset: 25 }),
    );
  });
});

describe('encodePng', () => {
  it('refuses float samples, five channels and samples that do not fill the image', () => {
    expect(() => encodePng(createImage({ width: 1, height: 1, channels: 1, data: Float32Array.of(0.5) }))).toThrow(
      /8 or 16 bits/,
    );
    expect(() => encodePng(createImage({ width: 1, height: 1, channels: 5, data: new Uint8Array(5) }))).toThrow(
      /1 to 4 channels, got 5/,
    );
    expect(() => encodePng({ width: 2, height: 1, channels: 1, bitDepth: 8, data: Uint8Array.of(1) })).toThrow(
      /needs 2 samples, got 1/,
    );
    expect(() => encodePng({ width: 1, height: 1, channels: 1, bitDepth: 16, data: Uint8Array.of(1) })).toThrow(
      TypeError,
    );
  });
});
