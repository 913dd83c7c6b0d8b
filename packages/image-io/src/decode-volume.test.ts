import { readFile } from 'node:fs/promises';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeVolume, sniffVolume } from './decode-volume.ts';
import { foreignVolumes } from './files/foreign-volumes.fixture.ts';
import { fromBase64 } from './files/small-files.fixture.ts';
import { FormatError } from './format-error.ts';
import { stepsOf } from './geometry.ts';
import { encodeNifti } from './nifti/encode.ts';
import { encodeNrrd } from './nrrd/encode.ts';
import { createVolume, type Volume } from './volume.ts';

const affineOf = (volume: Volume): number[] => {
  const steps = stepsOf(volume);
  return [0, 1, 2].flatMap((row) => [...steps.map((step) => step[row]!), volume.origin[row]!]);
};
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const volume = createVolume({ size: [2, 3, 2], data: Int16Array.from({ length: 12 }, (_, i) => i * 5 - 9) });
const nifti = encodeNifti(volume);
const withWord = (offset: number, value: number): Uint8Array => {
  const bytes = nifti.slice();
  new DataView(bytes.buffer).setInt16(offset, value, true);
  return bytes;
};
const withReal = (offset: number, value: number): Uint8Array => {
  const bytes = nifti.slice();
  new DataView(bytes.buffer).setFloat32(offset, value, true);
  return bytes;
};
/** The file with other words, each at its offset. */
const withWords = (...words: [offset: number, value: number][]): Uint8Array => {
  const bytes = nifti.slice();
  for (const [offset, value] of words) new DataView(bytes.buffer).setInt16(offset, value, true);
  return bytes;
};
const zeroSform = Array.from({ length: 24 }, (_, i): [number, number] => [280 + 2 * i, 0]);
/** The spacing along k is in the bytes from 88; the sform does not count. */
const twoSlicesWithoutSpacing = withWords([254, 0], [88, 0], [90, 0]);
const nrrd = (...lines: string[]): Uint8Array =>
  text(['NRRD0004', 'type: uint8', 'dimension: 3', 'sizes: 2 1 1', 'encoding: raw', ...lines, '', 'ab'].join('\n'));
const hexNrrd = (digits: string, ...lines: string[]): Uint8Array =>
  text(
    ['NRRD0004', 'type: short', 'dimension: 1', 'sizes: 2', 'endian: big', 'encoding: hex', ...lines, '', digits].join(
      '\n',
    ),
  );
const meta = (...lines: string[]): Uint8Array =>
  text(['ObjectType = Image', 'NDims = 3', 'DimSize = 2 1 1', 'ElementType = MET_UCHAR', ...lines, 'ab'].join('\n'));

describe('decodeVolume', () => {
  it.each(foreignVolumes)(
    'reads what others write: $name',
    async ({ base64, voxels, size, channels, dtype, values, affine }) => {
      const read = await decodeVolume(fromBase64(base64), 'a', voxels ? { voxels: fromBase64(voxels) } : {});
      expect(read).toMatchObject({ size, channels, dtype });
      expect([...read.data]).toEqual(values.map((value) => (dtype === 'float32' ? Math.fround(value) : value)));
      for (const [i, number] of affineOf(read).entries()) expect(number).toBeCloseTo(affine[i]!, 5);
    },
  );

  it('goes by content and not by name', async () => {
    expect(sniffVolume(nifti)).toBe('NIfTI');
    expect(sniffVolume(gzipSync(nifti))).toBe('NIfTI');
    expect(sniffVolume(gzipSync(text('hello')))).toBeUndefined();
    expect(sniffVolume(encodeNrrd(volume))).toBe('NRRD');
    expect(await decodeVolume(nifti, 'really-nifti.nrrd')).toEqual(volume);
  });

  it('reads the slopes 0 and 1 as none, and turns metres into millimetres', async () => {
    expect(await decodeVolume(withReal(112, 0))).toEqual(volume);
    expect((await decodeVolume(withReal(116, 2))).data).toEqual(Float32Array.from(volume.data, (value) => value + 2));
    const metres = nifti.slice();
    metres[123] = 1;
    expect((await decodeVolume(metres)).spacing).toEqual([1000, 1000, 1000]);
  });

  it('takes the qform where the sform is all zeros', async () => {
    const placed = createVolume({ ...volume, spacing: [1, 2, 3], origin: [5, 6, 7] });
    const bytes = encodeNifti(placed);
    for (const [offset] of zeroSform) bytes.fill(0, offset, offset + 2);
    expect(await decodeVolume(bytes)).toMatchObject({ spacing: [1, 2, 3], origin: [5, 6, 7], data: volume.data });
  });

  it('reads sizes of 0 past the plane as 1', async () => {
    expect(await decodeVolume(withWords([40, 4], [48, 0]))).toEqual(volume);
    const flat = withWords([40, 3], [46, 0]);
    expect((await decodeVolume(flat)).size).toEqual([2, 3, 1]);
  });

  it('gives a flat NIfTI file an axis across its plane', async () => {
    const flat = createVolume({ size: [2, 3, 1], data: new Uint8Array(6), direction: [0, 0, 1, 1, 0, 0, 0, 1, 0] });
    const bytes = encodeNifti(flat);
    const view = new DataView(bytes.buffer);
    for (const row of [0, 1, 2]) view.setFloat32(280 + 16 * row + 8, 0, true);
    expect(await decodeVolume(bytes)).toEqual(flat);
    view.setFloat32(88, 0, true);
    expect(await decodeVolume(bytes)).toEqual(flat);
    view.setInt16(254, 0, true);
    expect((await decodeVolume(bytes)).spacing).toEqual([1, 1, 1]);
  });

  it('reads a gzip file with zeros behind it', async () => {
    const packed = gzipSync(nifti);
    for (const zeros of [1, 2, 3, 4, 512]) {
      const bytes = new Uint8Array(packed.length + zeros);
      bytes.set(packed);
      expect(await decodeVolume(bytes)).toEqual(volume);
      bytes[packed.length - 8]! ^= 1;
      await expect(decodeVolume(bytes)).rejects.toThrow(/damaged: its CRC does not match/);
    }
    const parts = [gzipSync(nifti.subarray(0, 300)), gzipSync(nifti.subarray(300))];
    expect(await decodeVolume(new Uint8Array([...parts[0]!, ...parts[1]!, 0, 0, 0, 0, 0]))).toEqual(volume);
  });

  it('reads NRRD in hexadecimal digits', async () => {
    for (const bytes of [hexNrrd('0a0BfFfe'), hexNrrd('0a 0B\r\nfFf\te\n'), hexNrrd('zz0a0Bfffe', 'byte skip: 2')])
      expect((await decodeVolume(bytes)).data).toEqual(Int16Array.of(0x0a0b, -2));
  });

  it('gives a flat image an axis across its plane', async () => {
    const flat = text(
      'NRRD0004\ntype: uint8\ndimension: 2\nsizes: 2 1\nspace: RAS\nspace directions: (0,2,0) (0,0,3)\nspace origin: (1,2,3)\nencoding: raw\n\nab',
    );
    expect(await decodeVolume(flat)).toMatchObject({
      size: [2, 1, 1],
      spacing: [2, 3, 1],
      direction: [0, 0, 1, 1, 0, 0, 0, 1, 0],
    });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /the file is empty/],
    [
      'text',
      text('hello'),
      /must be NIfTI, NRRD, MetaImage, DICOM or TIFF of several pages, the content is a text file/,
    ],
    ['gzip of something else', gzipSync(text('hello')), /the content is a gzip file/],
    ['half a NIfTI file', nifti.slice(0, -1), /truncated: 24 bytes of voxels at byte 352 need 376, it has 375/],
    ['half of its header', nifti.slice(0, 340), /truncated: it ends inside its header/],
    [
      'a fifth of its header in gzip',
      gzipSync(nifti).slice(0, 40),
      /x: the file is truncated: its gzip data ends after \d+ bytes/,
    ],
    ['the head of a gzip file', gzipSync(nifti).slice(0, 10), /truncated: its gzip data ends after 0 bytes/],
    [
      'two slices without a spacing',
      twoSlicesWithoutSpacing,
      /must be finite and span space, got qform with spacings 1 1 0/,
    ],
    ['an sform of zeros without a qform', withWords([252, 0], ...zeroSform), /must be .* got sform 0 0 0/],
    ['half a gzip file', gzipSync(nifti).slice(0, -20), /truncated/],
    ['NIfTI of no dimension', withWord(40, 0), /1 to 7 dimensions, got 0/],
    ['NIfTI with a negative size', withWord(42, -2), /must be 1 or more, got -2x3x2/],
    ['NIfTI of 1 bit', withWord(70, 1), /type 1 \(1 bit\) are not read/],
    ['NIfTI whose voxels lie in its header', withReal(108, 100), /start after the header, got byte 100/],
    ['NIfTI that lies nowhere', withReal(280, Number.NaN), /must be finite and span space, got sform NaN/],
    ['NIfTI that is flat', withReal(280, 0), /must be finite and span space/],
    ['half an NRRD file', nrrd().slice(0, -1), /truncated: 2 bytes of voxels/],
    ['NRRD without sizes', text('NRRD0004\ntype: uint8\ndimension: 3\n\n'), /sizes must be as many as its dimension/],
    ['NRRD with other sizes', nrrd('sizes: 2 1'), /sizes must be as many as its dimension, got 2 1 for 3/],
    ['NRRD of blocks', nrrd('type: block'), /type must be a number's, got block/],
    ['NRRD in bzip2', nrrd('encoding: bzip2'), /encoding must be raw, gzip, ascii or hex, got bzip2/],
    ['NRRD in half of its digits', hexNrrd('0a0B0c'), /4 bytes in hex need 8 digits, it has 6/],
    ['NRRD in digits with gaps', hexNrrd('0a0B0c\n\n0'), /4 bytes in hex need 8 digits, it has 7/],
    ['NRRD in no digits', hexNrrd('0a0g0000'), /must be digits and white space, got byte 103 after 3 digits/],
    ['NRRD in a space of its own', nrrd('space: scanner-xyz'), /must be right-.*, got scanner-xyz/],
    ['NRRD without byte order', nrrd('type: short'), /endian must be little or big, got undefined/],
    ['NRRD with a line that is none', nrrd('hello'), /must be "field: value", got "hello"/],
    ['MetaImage without its end', meta(), /ends before ElementDataFile|must be "Field = value"/],
    ['half a MetaImage', meta('DimSize = 2 2 1', 'ElementDataFile = LOCAL'), /truncated: 4 bytes of voxels/],
    ['a MetaImage of MET_LONG', meta('ElementType = MET_LONG', 'ElementDataFile = LOCAL'), /number's, got MET_LONG/],
    ['a MetaImage without its voxels', meta('ElementDataFile = a.raw'), /needs the content of its data file a.raw/],
    ['a flat MetaImage', meta('ElementSpacing = 1 0 1', 'ElementDataFile = LOCAL'), /must be finite and span space/],
  ])('refuses %s', async (_, bytes, rule) => {
    await expect(decodeVolume(bytes, 'x')).rejects.toThrow(FormatError);
    await expect(decodeVolume(bytes, 'x')).rejects.toThrow(rule);
  });

  it('names a damaged gzip file', async () => {
    const bytes = gzipSync(nifti);
    bytes[bytes.length - 8]! ^= 1;
    await expect(decodeVolume(bytes, 'a.nii.gz')).rejects.toThrow(
      /a.nii.gz: the gzip data is damaged: its CRC does not match/,
    );
  });

  it('refuses a size over the limit before it unpacks anything', async () => {
    const header = nifti.slice(0, 352);
    for (const i of [0, 1, 2]) new DataView(header.buffer).setInt16(42 + 2 * i, 30000, true);
    const bytes = gzipSync(header);
    await expect(decodeVolume(bytes)).rejects.toThrow(
      /30000x30000x30000 voxels, 54000000000000 bytes; the limit maxBytes is/,
    );
    await expect(decodeVolume(bytes, undefined, { maxBytes: 1e15 })).rejects.toThrow(/it has too few to hold them/);
    await expect(decodeVolume(nrrd('sizes: 99999 99999 9'), 'a')).rejects.toThrow(/the limit maxBytes is 268435456/);
    await expect(decodeVolume(meta('DimSize = 9999 9999 9', 'ElementDataFile = LOCAL'), 'a')).rejects.toThrow(
      /the limit/,
    );
  });

  it('refuses a 64-bit integer that a number does not hold', async () => {
    const longs = createVolume({ size: [1, 1, 1], data: Float64Array.of(5), dtype: 'int64' });
    const bytes = encodeNifti(longs);
    bytes[352 + 7] = 0x7f;
    await expect(decodeVolume(bytes)).rejects.toThrow(/must lie within 2\^53/);
  });
});

describe.skipIf(lacksShared('cases'))('NIfTI files from the field', () => {
  const read = async (name: string): Promise<Volume> => {
    const path = sharedPath('cases', 'nifti', name);
    return decodeVolume(new Uint8Array(await readFile(path)), name);
  };

  it.each<[string, number[], number[], number[]]>([
    ['plain.nii', [4, 3, 2], [1, 2, 3], [5, 6, 7]],
    ['sform-zero-qform-good.nii', [4, 3, 2], [1, 2, 3], [5, 6, 7]],
    ['dim4-zero.nii', [4, 3, 2], [1, 2, 3], [5, 6, 7]],
    ['zeros-after-gzip.nii.gz', [4, 3, 2], [1, 2, 3], [5, 6, 7]],
    ['two-dimensional-zero-third-column.nii', [4, 3, 1], [1, 1, 1], [0, 0, 0]],
  ])('%s', async (name, size, spacing, origin) => {
    expect(await read(name)).toMatchObject({ size, spacing, origin, direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] });
  });

  it('cut.nii.gz is truncated', async () => {
    await expect(read('cut.nii.gz')).rejects.toThrow('cut.nii.gz: the file is truncated: its gzip data ends after 322');
  });

  it('pixdim3-zero.nii does not say how far apart its two slices are', async () => {
    await expect(read('pixdim3-zero.nii')).rejects.toThrow('span space, got qform with spacings 1 2 0');
  });
});
