import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { decodeDicomSegmentation } from '../dicom-seg/decode.ts';
import { encodeDicomSegmentation } from '../dicom-seg/encode.ts';
import { readVolume } from '../files/read-volume.ts';
import { createVolume, type Volume } from '../volume.ts';
import { type DicomPart, decodeDicomSeries } from './decode.ts';
import { image, withMark } from './elements.fixture.ts';

/** A series with slices at places along z, in the order given. */
const partsAt = (...places: number[]): DicomPart[] =>
  places.map((z, k) => ({
    name: `s${k}.dcm`,
    bytes: withMark(image([0x00080018, 'UI', `1.2.3.${k + 1}`], [0x00200032, 'DS', `0\\0\\${z}`])),
  }));
const decodeAt = (...places: number[]): Promise<Volume> => decodeDicomSeries(partsAt(...places));
const rounded = [0, 0.6, 1.2, 1.9, 2.5, 3.1, 3.8, 4.4, 5];

describe('places of slices', () => {
  it.each<[string, number[], number]>([
    ['rounded to a tenth', rounded, 0.625],
    ['rounded to a tenth, of thin slices', [0, 0.3, 0.6, 0.9, 1.2, 1.6, 1.9, 2.2, 2.5], 0.3125],
    ['one off by a fortieth', [0, 2, 4, 6, 8.05, 10, 12], 2],
    ['two only', [0, 7], 7],
  ])('are even enough: %s', async (_, places, step) => {
    const { size, spacing } = await decodeAt(...places);
    expect(size[2]).toBe(places.length);
    expect(spacing[2]).toBeCloseTo(step, 10);
  });

  it.each<[string, number[], string]>([
    [
      'one is missing',
      [0, 2, 4, 8, 10],
      's3.dcm: DICOM slices must lie evenly, got a step of 4 mm where the median is 2, from s2.dcm at (0, 0, 4) to s3.dcm at (0, 0, 8); 1 slice is missing',
    ],
    [
      'one of three thick ones',
      [0, 15, 5],
      's1.dcm: DICOM slices must lie evenly, got a step of 10 mm where the median is 5, from s2.dcm at (0, 0, 5) to s1.dcm at (0, 0, 15); 1 slice is missing',
    ],
    [
      'three of thin ones',
      [0, 0.1, 0.2, 0.3, 0.7],
      's4.dcm: DICOM slices must lie evenly, got a step of 0.4 mm where the median is 0.1, from s3.dcm at (0, 0, 0.3) to s4.dcm at (0, 0, 0.7); 3 slices are missing',
    ],
    [
      'a copy, first of all files',
      [4, 0, 2, 4, 6],
      's3.dcm: DICOM slices must lie one at a place, got s3.dcm at (0, 0, 4) there where s0.dcm at (0, 0, 4) lies',
    ],
    [
      'one moved by half a step',
      [0, 2, 5, 6, 8],
      's2.dcm: DICOM slices must lie evenly, got a step of 3 mm where the median is 2, from s1.dcm at (0, 0, 2) to s2.dcm at (0, 0, 5)',
    ],
    [
      'steps that grow',
      [0, 1.92, 3.84, 5.76, 7.68, 9.76, 11.84, 13.92, 16],
      's3.dcm: DICOM slices must lie evenly, got s3.dcm at (0, 0, 5.76), 5.76 mm behind the first one instead of 6',
    ],
  ])('are refused: %s', async (_, places, message) => {
    await expect(decodeAt(...places)).rejects.toThrow(message);
  });

  it('are written and read again in a SEG where the source has them rounded', async () => {
    const source = partsAt(...rounded);
    const { size, spacing, origin, direction } = await decodeDicomSeries(source);
    const data = new Uint8Array(size[0] * size[1] * size[2]).fill(1);
    const labels = createVolume({ size, spacing, origin, direction, data });
    const segments = [{ number: 1, label: 'Liver' }];
    const bytes = encodeDicomSegmentation(labels, { source, segments, random: () => 0.5 });
    const { volume } = await decodeDicomSegmentation(bytes);
    expect(volume.size).toEqual([3, 2, 9]);
    expect(volume.spacing[2]).toBeCloseTo(0.625, 10);
    expect([...volume.data]).toEqual([...data]);
  });
});

describe.skipIf(lacksShared('cases'))('places of slices in files', () => {
  const folder = (name: string): string => sharedPath('cases', 'dicom-series', name);

  it.each([
    ['round', 0.625],
    ['off', 2],
  ])('%s', async (name, step) => {
    const { size, spacing } = await readVolume(folder(name));
    expect(size).toEqual([8, 8, 9]);
    expect(spacing[2]).toBeCloseTo(step, 2);
  });

  it('mis: the gap, with both places and files', async () => {
    const read = readVolume(folder('mis'));
    await expect(read).rejects.toThrow(
      /s4\.dcm: .* from .*s2\.dcm at \(0, 0, 4\) to .*s4\.dcm at \(0, 0, 8\); 1 slice is missing/,
    );
  });

  it('dup: both files', async () => {
    const read = readVolume(folder('dup'));
    await expect(read).rejects.toThrow(/got .*(copy|s\d)\.dcm at .* there where .*(s\d|copy)\.dcm at .* lies/);
  });
});
