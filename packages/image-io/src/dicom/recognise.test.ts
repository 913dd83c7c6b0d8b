import { readdir, readFile } from 'node:fs/promises';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { decodeVolume, sniffVolume } from '../decode-volume.ts';
import { readVolume } from '../files/read-volume.ts';
import { sniffFormat } from '../sniff.ts';
import { type Element, elements, image, withMark } from './elements.fixture.ts';
import { isDicom } from './recognise.ts';

const implicit = { isExplicit: false };
const bigEndian = { littleEndian: false };

describe('isDicom', () => {
  it.each<[string, Uint8Array]>([
    ['explicit', elements(image())],
    ['implicit', elements(image(), implicit)],
    ['explicit big endian', elements(image(), bigEndian)],
    ['with the file elements but not the mark', withMark(image()).subarray(132)],
    ['the head of a file', elements(image()).subarray(0, 64)],
  ])('knows a file without the mark: %s', (_, bytes) => {
    expect(isDicom(bytes)).toBe(true);
    expect(sniffFormat(bytes)).toBe('DICOM');
    expect(sniffVolume(bytes)).toBe('DICOM');
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(400)],
    ['numbers that begin as a tag does', new Uint8Array(200).map((_, i) => 8 + i)],
    ['16-bit numbers', new Uint8Array(new Uint16Array(200).map((_, i) => 8 + (i % 3)).buffer)],
    ['one element', elements([[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2']])],
    [
      'elements of other groups',
      elements([
        [0x00100010, 'PN', 'A'],
        [0x00100020, 'LO', 'B'],
        [0x00100030, 'DA', ''],
      ]),
    ],
    ['text', new TextEncoder().encode('0008,0016 UI 1.2.840.10008.5.1.4.1.1.2\n'.repeat(9))],
  ])('leaves %s alone', (_, bytes) => {
    expect(isDicom(bytes)).toBe(false);
  });
});

describe('a file without the mark', () => {
  it.each<[string, Uint8Array]>([
    ['explicit', elements(image())],
    ['implicit', elements(image(), implicit)],
    ['explicit big endian', elements(image(), bigEndian)],
    ['with the file elements', withMark(image()).subarray(132)],
  ])('is read: %s', async (_, bytes) => {
    const { size, data, spacing } = await decodeVolume(bytes, 'old.dcm');
    expect(size).toEqual([3, 2, 1]);
    expect([...data]).toEqual([0, 1, 2, 3, 4, 500]);
    expect(spacing).toEqual([0.5, 0.25, 1]);
  });

  it('is read with the mark and no transfer syntax', async () => {
    const bytes = new Uint8Array([...new Uint8Array(128), 68, 73, 67, 77, ...elements(image(), implicit)]);
    expect([...(await decodeVolume(bytes)).data]).toEqual([0, 1, 2, 3, 4, 500]);
  });

  it('is refused where its pixels are compressed, since nothing says how', async () => {
    const without: Element[] = image().filter(([tag]) => tag !== 0x7fe00010);
    const pixels = [0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 255, 255, 255, 255];
    const items = [0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0, 0xe0, 16, 0, 0, 0, ...new Uint8Array(16)];
    const bytes = new Uint8Array([...elements(without), ...pixels, ...items, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    await expect(decodeVolume(bytes, 'a.dcm')).rejects.toThrow(
      /a.dcm: compressed DICOM pixels must have a transfer syntax that says how/,
    );
  });
});

describe.skipIf(lacksShared('cases'))('files without the mark in a folder', () => {
  it.each(['pre', 'pre2'])('%s: all five slices', async (name) => {
    const folder = sharedPath('cases', 'dicom-series', name);
    const { size, data } = await readVolume(folder);
    expect(size).toEqual([8, 8, 5]);
    for (let k = 0; k < 5; k++) expect(data[k * 64 + 63]).toBe(63 + k);
    for (const file of await readdir(folder)) expect(sniffFormat(await readFile(`${folder}/${file}`))).toBe('DICOM');
  });
});
