import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { decodeVolume } from '../decode-volume.ts';
import {
  dicomFractions,
  dicomFractionsValues,
  dicomOther,
  dicomSegments,
  dicomSegmentsValues,
  dicomSeriesAffine,
} from '../dicom/files.fixture.ts';
import { readVolume } from '../files/read-volume.ts';
import { fromBase64 } from '../files/small-files.fixture.ts';
import { FormatError } from '../format-error.ts';
import { stepsOf } from '../geometry.ts';
import { createVolume } from '../volume.ts';
import { decodeDicomSegmentation } from './decode.ts';
import { labelMap } from './label-map.ts';
import { listDicomSegments } from './list-segments.ts';

const bytes = fromBase64(dicomSegments);
const named = [
  { number: 3, label: 'Liver' },
  { number: 7, label: 'Tumour' },
];

/** A copy with one text in place of another of the same length. */
function replaced(from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  expect(text).toContain(from);
  return new Uint8Array(Buffer.from(text.replace(from, to), 'latin1'));
}

describe('listDicomSegments', () => {
  it('lists numbers and names, and names a file that is no SEG', () => {
    expect(listDicomSegments(bytes)).toEqual(named);
    expect(() => listDicomSegments(fromBase64(dicomOther), 'ct.dcm')).toThrow(/ct\.dcm.* must be BINARY/);
  });
});

describe('decodeDicomSegmentation', () => {
  it('reads bits that run over the ends of frames, overlapping segments and a slice without a frame', async () => {
    const { segments, volume } = await decodeDicomSegmentation(bytes);
    expect(segments).toEqual(named);
    expect(volume).toMatchObject({ size: [5, 3, 4], channels: 2, dtype: 'uint8' });
    expect([...volume.data]).toEqual(dicomSegmentsValues);
    const steps = stepsOf(volume);
    const affine = [0, 1, 2].flatMap((row) => [...steps.map((step) => step[row]!), volume.origin[row]!]);
    for (const [i, number] of affine.entries()) expect(number).toBeCloseTo(dicomSeriesAffine[i]!, 5);
    expect(await decodeVolume(bytes)).toEqual(volume);
  });

  it('reads fractions of the largest value', async () => {
    const { segments, volume } = await decodeDicomSegmentation(fromBase64(dicomFractions));
    expect(segments).toEqual(named);
    expect(volume).toMatchObject({ size: [5, 3, 2], channels: 2, dtype: 'float32' });
    expect([...volume.data]).toEqual(dicomFractionsValues.map((value) => Math.fround(value / 100)));
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['an image', fromBase64(dicomOther), /must be BINARY, FRACTIONAL or LABELMAP, got undefined/],
    ['another type', replaced('BINARY', 'LABELM'), /must be BINARY, FRACTIONAL or LABELMAP, got LABELM/],
    [
      'a fraction of one bit',
      replaced('\x06\0BINARY', '\x06\0FRACTI'),
      /must be BINARY, FRACTIONAL or LABELMAP, got FRACTI/,
    ],
    ['half a file', bytes.slice(0, -2), /truncated/],
    [
      'more frames than bits',
      replaced('IS\x02\x004 ', 'IS\x02\x0099'),
      /truncated: 99 frames of 5x3 need 186 bytes, it has 8/,
    ],
  ])('refuses %s', async (_, broken, rule) => {
    await expect(decodeDicomSegmentation(broken, 'a.dcm')).rejects.toThrow(FormatError);
    await expect(decodeDicomSegmentation(broken, 'a.dcm')).rejects.toThrow(rule);
  });

  it('refuses a size over the limit', async () => {
    await expect(decodeDicomSegmentation(bytes, 'a.dcm', { maxBytes: 100 })).rejects.toThrow(
      'a.dcm: the DICOM segmentation has 5x3x4 voxels of its segments, 120 bytes; the limit maxBytes is 100',
    );
  });
});

describe('labelMap', () => {
  it('gives each voxel the number of its segment', () => {
    const volume = createVolume({ size: [3, 1, 1], channels: 2, data: Uint8Array.of(0, 1, 0, 0, 1, 0) });
    expect(labelMap({ segments: named, volume })).toMatchObject({ channels: 1, data: Uint16Array.of(7, 0, 3) });
  });

  it('refuses overlap and fractions', async () => {
    const overlapping = await decodeDicomSegmentation(bytes);
    const fractional = await decodeDicomSegmentation(fromBase64(dicomFractions));
    expect(() => labelMap(overlapping)).toThrow(/must not overlap, got 3 and 7 at voxel/);
    expect(() => labelMap(fractional)).toThrow(/must be binary, got float32/);
  });
});

const isMissing = lacksShared('data');

describe.skipIf(isMissing)('real segmentations give the label volumes that others saved as NRRD', () => {
  it.each([
    ['liver.dcm', 'liver_seg.nrrd'],
    ['series_24x38x3/seg/label.seg', 'series_24x38x3/nrrd/label.nrrd'],
  ])('%s', async (segmentation, nrrd) => {
    const folder = sharedPath('data/formats/dicom');
    const read = labelMap(await decodeDicomSegmentation(await readFile(join(folder, segmentation))));
    const saved = await readVolume(join(folder, nrrd));
    expect(read.size).toEqual(saved.size);
    expect(read.data.every((value, i) => value === saved.data[i])).toBe(true);
    for (const name of ['spacing', 'origin', 'direction'] as const) {
      for (const [i, value] of read[name].entries()) expect(Math.abs(value - saved[name][i]!)).toBeLessThan(1e-5);
    }
  });
});
