import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { decodeVolume } from '../decode-volume.ts';
import { readVolume } from '../files/read-volume.ts';
import { fromBase64 } from '../files/small-files.fixture.ts';
import { FormatError } from '../format-error.ts';
import { stepsOf } from '../geometry.ts';
import type { Volume } from '../volume.ts';
import { decodeDicomSeries } from './decode.ts';
import { type Element, image, withMark } from './elements.fixture.ts';
import {
  dicomColour,
  dicomMultiFrame,
  dicomOther,
  dicomProjection,
  dicomSeries,
  dicomSeriesAffine,
  dicomSeriesValues,
} from './files.fixture.ts';

const slices = dicomSeries.map((base64, i) => ({ bytes: fromBase64(base64), name: `${i}.dcm` }));
const pick = (...order: number[]): Promise<Volume> => decodeDicomSeries(order.map((i) => slices[i]!));
const affineOf = (volume: Volume): number[] => {
  const steps = stepsOf(volume);
  return [0, 1, 2].flatMap((row) => [...steps.map((step) => step[row]!), volume.origin[row]!]);
};
const expectAffine = (volume: Volume): void => {
  for (const [i, number] of affineOf(volume).entries()) expect(number).toBeCloseTo(dicomSeriesAffine[i]!, 5);
};
/** A copy with one text in place of another of the same length. */
function replaced(base64: string, from: string, to: string): Uint8Array {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  expect(text).toContain(from);
  return new Uint8Array(Buffer.from(text.replace(from, to), 'latin1'));
}

describe('decodeDicomSeries', () => {
  it('sorts the slices of a leaning series by place, rescales them and knows where they lie', async () => {
    for (const order of [
      [0, 1, 2, 3],
      [2, 0, 3, 1],
    ]) {
      const volume = await pick(...order);
      expect(volume).toMatchObject({ size: [3, 2, 4], channels: 1, dtype: 'int32' });
      expect([...volume.data]).toEqual(dicomSeriesValues);
      expectAffine(volume);
    }
  });

  it('reads one file of many frames, placed by its functional groups', async () => {
    const volume = await decodeVolume(fromBase64(dicomMultiFrame));
    expect(volume).toMatchObject({ size: [3, 2, 3], dtype: 'uint16' });
    expect([...volume.data]).toEqual(dicomSeriesValues.slice(0, 18).map((value) => Math.abs((value + 1000) / 2)));
    expectAffine(volume);
  });

  it('brings colours by plane together', async () => {
    const { channels, data } = await decodeVolume(fromBase64(dicomColour));
    expect(channels).toBe(3);
    expect([...data]).toEqual([0, 1, 2, 3, 4, 5].flatMap((i) => [i, i + 6, i + 12].map((k) => (13 * k) % 256)));
  });

  it('takes the stored bits alone, inverts MONOCHROME1 and uses the spacing of the imager', async () => {
    const volume = await decodeVolume(fromBase64(dicomProjection));
    expect([...volume.data]).toEqual([0, 1, 4095, 100, 2048, 7].map((value) => 4095 - value));
    expect(volume.spacing).toEqual([0.1, 0.2, 1]);
  });

  it.each<[string, () => Promise<Volume>, RegExp]>([
    [
      'a missing slice',
      () => pick(0, 1, 3),
      /3.dcm: DICOM slices must lie evenly, got a step of 5 mm where the median is 2.5, from 1.dcm at \(-10.057, 18.567, 9.25\) to 3.dcm at \(-9.17, 15.701, 13.25\); 1 slice is missing/,
    ],
    [
      'a doubled slice',
      () => pick(0, 1, 1),
      /1.dcm: DICOM slices must lie one at a place, got 1.dcm at \(.*\) there where 1.dcm at \(.*\) lies/,
    ],
    [
      'files of two series',
      () => decodeDicomSeries([slices[0]!, { bytes: fromBase64(dicomOther), name: 'o.dcm' }]),
      /o.dcm: DICOM files must be of one series, or the option series must choose one, got 1.2.3 \(CT, 1 slice\) and 9.9 \(CT, 1 slice\)/,
    ],
    [
      'an unknown transfer syntax',
      () => decodeVolume(replaced(dicomSeries[0]!, '1.2.840.10008.1.2.1\0', '1.2.840.10008.1.2.9\0')),
      /must be Implicit, .* or JPEG 2000, got 1.2.840.10008.1.2.9/,
    ],
    [
      'another colour model',
      () => decodeVolume(replaced(dicomProjection, 'MONOCHROME1', 'PALETTE COL')),
      /must be gray, RGB, YBR_FULL or PALETTE COLOR, got PALETTE COL with 1 channels/,
    ],
    [
      'half a file',
      () => decodeVolume(slices[0]!.bytes.slice(0, -4)),
      /truncated: an element of 12 bytes does not fit/,
    ],
    [
      'a file over the limit',
      () => decodeDicomSeries(slices, { maxBytes: 50 }),
      /3x2x4 voxels, 96 bytes; the limit maxBytes is 50/,
    ],
  ])('refuses %s', async (_, decode, rule) => {
    await expect(decode()).rejects.toThrow(FormatError);
    await expect(decode()).rejects.toThrow(rule);
  });

  it('needs a file', async () => {
    await expect(decodeDicomSeries([])).rejects.toThrow(/one or more files, got none/);
  });

  it.each<[string, Element[], string]>([
    ['its image type', [[0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC ']], 'of several slices'],
    [
      'its image type and the number of slices',
      [
        [0x00080008, 'CS', 'DERIVED\\PRIMARY\\MOSAIC\\NORM'],
        [0x0019100a, 'US', [9]],
      ],
      'of 9 slices',
    ],
    [
      'its private header',
      [
        [0x00190010, 'LO', 'SIEMENS MR HEADER'],
        [0x0019100a, 'US', [9]],
      ],
      'of 9 slices',
    ],
  ])('refuses a Siemens mosaic by %s', async (_, others, rule) => {
    await expect(decodeVolume(withMark(image(...others)), 'a.dcm')).rejects.toThrow(
      `a.dcm: a DICOM image must be one slice, got a Siemens mosaic ${rule}; convert it to NIfTI with dcm2niix`,
    );
  });

  it('reads an image of Siemens that is no mosaic', async () => {
    const others: Element[] = [
      [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\M\\ND'],
      [0x00190010, 'LO', 'SIEMENS MR HEADER'],
    ];
    expect([...(await decodeVolume(withMark(image(...others)))).data]).toEqual([0, 1, 2, 3, 4, 500]);
  });

  it.skipIf(lacksShared('cases'))('refuses the mosaic of a folder', async () => {
    await expect(readVolume(sharedPath('cases', 'dicom-series', 'mos'))).rejects.toThrow(
      /a\.dcm: .*got a Siemens mosaic of 9 slices/,
    );
  });
});
