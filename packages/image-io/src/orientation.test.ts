import { describe, expect, it } from 'vitest';
import { fromBase64, smallJpegs } from './files/small-files.fixture.ts';
import { createImage } from './image.ts';
import { decodeJpeg } from './jpeg/decode.ts';
import { exifOrientation, inverseOrientation, orientationRemark, orientImage } from './orientation.ts';
import { chunk, header, png } from './png/builder.fixture.ts';
import { decodePng } from './png/decode.ts';
import { tiff } from './tiff/builder.fixture.ts';
import { decodeTiff } from './tiff/decode.ts';
import { decodeTiffStack } from './tiff/decode-stack.ts';

/** EXIF data with an orientation after another entry, in either byte order. */
function exif(orientation: number, { littleEndian = false, type = 3 } = {}): Uint8Array {
  const bytes = new Uint8Array(8 + 2 + 24 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, littleEndian);
  view.setUint32(4, 8, littleEndian);
  view.setUint16(8, 2, littleEndian);
  for (const [i, [tag, kind, value]] of [
    [271, 2, 0],
    [274, type, orientation],
  ].entries()) {
    view.setUint16(10 + 12 * i, tag!, littleEndian);
    view.setUint16(12 + 12 * i, kind!, littleEndian);
    view.setUint32(14 + 12 * i, 1, littleEndian);
    view.setUint16(18 + 12 * i, value!, littleEndian);
  }
  return bytes;
}

describe('orientImage', () => {
  const stored = createImage({
    width: 3,
    height: 2,
    channels: 2,
    data: Uint16Array.from([0, 1, 2, 3, 4, 5].flatMap((value) => [value, 10 * value])),
    indices: Uint8Array.of(0, 1, 2, 3, 4, 5),
    lossy: true,
    orientation: 6,
  });

  it.each([
    [1, ['012', '345']],
    [2, ['210', '543']],
    [3, ['543', '210']],
    [4, ['345', '012']],
    [5, ['03', '14', '25']],
    [6, ['30', '41', '52']],
    [7, ['52', '41', '30']],
    [8, ['25', '14', '03']],
  ])('turns and mirrors for %d, and its inverse undoes it', (orientation, rows) => {
    const turned = orientImage(stored, orientation);
    const { width, height, channels, data, indices } = turned;
    expect(turned).toMatchObject({ lossy: true, bitDepth: 16, channels: 2 });
    expect(turned.orientation).toBeUndefined();
    const flat = [...rows.join('')].map(Number);
    expect([width, height, [...indices!]]).toEqual([rows[0]!.length, rows.length, flat]);
    expect([...data]).toEqual(flat.flatMap((value) => [value, 10 * value]));
    expect(channels).toBe(2);
    const { orientation: _, ...plain } = stored;
    expect(orientImage(turned, inverseOrientation(orientation))).toEqual(plain);
  });

  it('knows 1 to 8', () => {
    expect(() => orientImage(stored, 9)).toThrow('orientation must be 1 to 8, got 9');
  });
});

describe('the orientation of a file', () => {
  const said = (orientation: 3 | 6 | 8): object => ({ orientation, remarks: [orientationRemark(orientation)] });

  it('is found in the EXIF data of a JPEG, and the pixels are as stored', async () => {
    const bytes = fromBase64(smallJpegs[0]!.base64);
    const plain = await decodeJpeg(bytes);
    expect(plain).not.toHaveProperty('orientation');
    expect(plain).not.toHaveProperty('remarks');
    const content = [...[...'Exif\0\0'].map((letter) => letter.charCodeAt(0)), ...exif(6)];
    const marker = [0xff, 0xe1, 0, content.length + 2, ...content];
    const turned = await decodeJpeg(Uint8Array.from([...bytes.subarray(0, 2), ...marker, ...bytes.subarray(2)]));
    expect(turned).toEqual({ ...plain, ...said(6) });
  });

  it('is found in the eXIf chunk of a PNG, gray or with a palette', () => {
    const eXIf = chunk('eXIf', exif(8, { littleEndian: true }));
    expect(decodePng(png(header(2, 1, 8, 0), [0, 7, 9], [eXIf]))).toMatchObject({
      ...said(8),
      data: Uint8Array.of(7, 9),
    });
    const palette = [chunk('PLTE', [1, 2, 3]), eXIf];
    expect(decodePng(png(header(1, 1, 8, 3), [0, 0], palette))).toMatchObject({ ...said(8), width: 1 });
    expect(decodePng(png(header(2, 1, 8, 0), [0, 7, 9], [chunk('eXIf', exif(1))]))).not.toHaveProperty('orientation');
  });

  it('is found in the tag of a TIFF, whose stack remarks upon it', () => {
    const one = { width: [2], height: [1], bitsPerSample: [8], photometric: [1] };
    expect(decodeTiff(tiff([Uint8Array.of(7, 9)], { ...one, orientation: [3] }))).toMatchObject({
      ...said(3),
      data: Uint8Array.of(7, 9),
    });
    for (const orientation of [1, 0, 9])
      expect(decodeTiff(tiff([Uint8Array.of(7, 9)], { ...one, orientation: [orientation] }))).not.toHaveProperty(
        'orientation',
      );
    expect(() => decodeTiffStack(tiff([Uint8Array.of(7, 9)], { ...one, orientation: [3] }))).toThrow('several pages');
  });

  it('is none where the data are broken or of another type', () => {
    expect(exifOrientation(exif(6))).toBe(6);
    expect(exifOrientation(exif(6, { type: 4 }))).toBeUndefined();
    for (const wrong of [0, 1, 9, 65535]) expect(exifOrientation(exif(wrong))).toBeUndefined();
    for (let length = 0; length < 34; length++) expect(exifOrientation(exif(6).subarray(0, length))).toBeUndefined();
    expect(exifOrientation(exif(6).map((byte, i) => (i === 7 ? 255 : byte)))).toBeUndefined();
    expect(exifOrientation(exif(6).map((byte, i) => (i === 0 ? 65 : byte)))).toBeUndefined();
  });
});
