import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { readImage } from '../files/read-image.ts';
import { fromBase64, size, smallJpegs } from '../files/small-files.fixture.ts';
import { FormatError } from '../format-error.ts';
import { decodeJpeg } from './decode.ts';

const gray = fromBase64(smallJpegs[0]!.base64);
/** Offset of a marker's first byte. */
const find = (bytes: Uint8Array, marker: number): number =>
  bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === marker);
const changed = (marker: number, at: number, value: number): Uint8Array => {
  const bytes = gray.slice();
  bytes[find(gray, marker) + at] = value;
  return bytes;
};
const meanDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
};

describe('decodeJpeg', () => {
  it.each(smallJpegs)('reads what libjpeg writes: $name', async ({ channels, values, base64 }) => {
    const image = await decodeJpeg(fromBase64(base64));
    expect(image).toMatchObject({ ...size, channels, bitDepth: 8, lossy: true });
    expect(image.data.length).toBe(values.length);
    expect(meanDifference(image.data, values)).toBeLessThan(3);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a file without its end', gray.slice(0, -2), /truncated/],
    ['half a file', gray.slice(0, 200), /truncated/],
    ['another first marker', Uint8Array.of(1, 2, 3, 4), /must start with the bytes FF D8/],
    ['arithmetic coding', changed(0xc0, 1, 0xc9), /must be baseline, extended or progressive, got arithmetic/],
    ['12 bits', changed(0xc0, 4, 12), /must have 8 bits, got 12/],
    ['two channels', changed(0xc0, 9, 2), /1, 3 or 4 channels, got 2/],
    ['no width', changed(0xc0, 8, 0), /1 or more, got 0x11/],
    ['a sampling factor of 0', changed(0xc0, 11, 0x01), /factors must be 1 to 4, got 0x1/],
    ['more pixels than bits', changed(0xc0, 5, 0xff), /more than its 399 bytes can hold/],
  ])('refuses %s', async (_, bytes, rule) => {
    await expect(decodeJpeg(bytes, 'a.jpg')).rejects.toThrow(FormatError);
    await expect(decodeJpeg(bytes, 'a.jpg')).rejects.toThrow(rule);
  });

  it('refuses what is over the limit, and names it', async () => {
    await expect(decodeJpeg(gray, 'a.jpg', { maxBytes: 100 })).rejects.toThrow(
      'a.jpg: the JPEG declares 17x11 pixels, 187 bytes; the limit maxBytes is 100',
    );
  });

  it('refuses more scans than any encoder writes', async () => {
    const scan = gray.subarray(find(gray, 0xda), gray.length - 2);
    const bytes = new Uint8Array([
      ...gray.subarray(0, -2),
      ...Array.from({ length: 100 }, () => [...scan]).flat(),
      0xff,
      0xd9,
    ]);
    await expect(decodeJpeg(bytes)).rejects.toThrow(/may have 100 scans/);
  });
});

const isMissing = lacksShared('data');

describe.skipIf(isMissing)('real files', () => {
  // The mean sample as Pillow reads it.
  it.each([
    ['chase_db1/images/Image_01L.jpg', 999, 960, 50.56],
    ['kvasir/images/cju0qkwl35piu0993l0dewei2.jpg', 622, 529, 114.288],
    ['kvasir/masks/cju0qkwl35piu0993l0dewei2.jpg', 622, 529, 72.106],
  ])('%s', async (path, width, height, mean) => {
    const image = await readImage(sharedPath('data/formats', path));
    expect(image).toMatchObject({ width, height, channels: 3, lossy: true });
    expect(meanDifference(image.data, new Uint8Array(image.data.length))).toBeCloseTo(mean, 0);
  });
});
