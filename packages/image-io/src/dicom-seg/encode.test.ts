import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDicomDataset } from '../dicom/dataset.ts';
import { decodeDicomSeries } from '../dicom/decode.ts';
import { dicomColour } from '../dicom/files.fixture.ts';
import { createUid } from '../dicom/uid.ts';
import { type DicomEntry, decimal, encodeDicomFile } from '../dicom/writer.ts';
import { fromBase64 } from '../files/small-files.fixture.ts';
import { createVolume, type Volume } from '../volume.ts';
import { decodeDicomLabels, decodeDicomSegmentation } from './decode.ts';
import type { SegmentDescription } from './description.ts';
import { type EncodeSegmentationOptions, encodeDicomSegmentation } from './encode.ts';

const orientation = [0.95533649, 0.29552021, 0, -0.23641617, 0.76426919, 0.6];
const positions = [0, 1, 2, 3].map((k) => [-10.5 + 0.443 * k, 20 - 1.433 * k, 7.25 + 2 * k]);
const shared: DicomEntry[] = [
  [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
  [0x00080060, 'CS', 'CT'],
  [0x00100010, 'PN', 'Nobody^At All'],
  [0x0020000d, 'UI', '1.5.6'],
  [0x0020000e, 'UI', '1.2.3'],
  [0x00200052, 'UI', '1.7.8'],
  [0x00280002, 'US', [1]],
  [0x00280004, 'CS', 'MONOCHROME2'],
  [0x00280010, 'US', [2]],
  [0x00280011, 'US', [3]],
  [0x00280030, 'DS', [0.75, 0.5]],
  [0x00280100, 'US', [8]],
  [0x00280101, 'US', [8]],
  [0x00280102, 'US', [7]],
  [0x00280103, 'US', [0]],
];
const fileOf = (name: string, entries: DicomEntry[]): { bytes: Uint8Array; name: string } => ({
  name,
  bytes: encodeDicomFile({ sopClass: '1.2.840.10008.5.1.4.1.1.2', sopInstance: name }, [
    [0x00080018, 'UI', name],
    ...shared,
    ...entries,
  ]),
});
const source = positions.map((position, k) =>
  fileOf(`1.2.3.${k}`, [
    [0x00200032, 'DS', position],
    [0x00200037, 'DS', orientation],
    [0x7fe00010, 'OB', Uint8Array.of(k, 1, 2, 3, 4, 5)],
  ]),
);
const many = [
  fileOf('1.2.3.9', [
    [0x00280008, 'IS', [4]],
    [0x52009229, 'SQ', [[[0x00209116, 'SQ', [[[0x00200037, 'DS', orientation]]]]]]],
    [
      0x52009230,
      'SQ',
      [3, 1, 0, 2].map((k): DicomEntry[] => [[0x00209113, 'SQ', [[[0x00200032, 'DS', positions[k]!]]]]]),
    ],
    [0x7fe00010, 'OB', new Uint8Array(24)],
  ]),
];
const seeded = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
};
const segments: SegmentDescription[] = [
  { number: 1, label: 'Liver', color: [255, 0, 0] },
  { number: 2, label: 'Tumour', algorithmType: 'MANUAL', description: 'by hand' },
];
const named = segments.map(({ number, label }) => ({ number, label }));
const options: EncodeSegmentationOptions = { source, segments, random: seeded(1), date: new Date(0) };
const grid = await decodeDicomSeries(source);
const like = (data: Volume['data'], channels = 1): Volume => {
  const { size, spacing, origin, direction } = grid;
  return createVolume({ size, spacing, origin, direction, channels, data });
};
const count = grid.data.length;
const everyFrame = { ...options, omitEmptyFrames: false };
function expectPlace(read: Volume, slices: readonly [number, number] = [0, grid.size[2]]): void {
  expect(read.size).toEqual([grid.size[0], grid.size[1], slices[1] - slices[0]]);
  for (const name of ['spacing', 'direction'] as const)
    for (const [i, value] of read[name].entries()) expect(Math.abs(value - grid[name][i]!)).toBeLessThan(1e-5);
}

describe('encodeDicomSegmentation', () => {
  it('writes labels, BINARY and LABELMAP, that are read again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: count, maxLength: count, max: 2 }),
        fc.constantFrom('BINARY', 'LABELMAP'),
        async (data, type) => {
          const bytes = encodeDicomSegmentation(like(data), { ...everyFrame, type });
          const { segments: read, volume } = await decodeDicomLabels(bytes);
          expect(read).toEqual(named);
          expect(volume.data).toEqual(data);
          expectPlace(volume);
          for (const [i, value] of volume.origin.entries())
            expect(Math.abs(value - grid.origin[i]!)).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('writes overlapping segments and fractions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 2 * count, maxLength: 2 * count }), async (bytes) => {
        const binary = bytes.map((byte) => byte & 1);
        const overlapping = encodeDicomSegmentation(like(binary, 2), everyFrame);
        expect((await decodeDicomSegmentation(overlapping)).volume.data).toEqual(binary);
        const fractions = Float32Array.from(bytes, (byte) => byte / 255);
        const fractional = encodeDicomSegmentation(like(fractions, 2), { ...everyFrame, type: 'FRACTIONAL' });
        expect((await decodeDicomSegmentation(fractional)).volume.data).toEqual(fractions);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves empty slices out, but not the last frame', async () => {
    const data = new Uint8Array(count);
    const perSlice = grid.size[0] * grid.size[1];
    data[perSlice] = 1;
    data[3 * perSlice] = 2;
    const bytes = encodeDicomSegmentation(like(data), options);
    expect(readDicomDataset(bytes).numbers(0x00280008)).toEqual([2]);
    const { volume } = await decodeDicomLabels(bytes);
    expectPlace(volume, [1, 4]);
    expect(volume.data).toEqual(data.subarray(perSlice));
    const empty = encodeDicomSegmentation(like(new Uint8Array(count)), options);
    expect((await decodeDicomLabels(empty)).volume.data.every((value) => value === 0)).toBe(true);
  });

  it('refers to its source and has its patient, and nothing of one file is in another volume', async () => {
    const bytes = encodeDicomSegmentation(like(new Uint8Array(count).fill(1)), options);
    const written = readDicomDataset(bytes);
    expect(written.text(0x00100010)).toBe('Nobody^At All');
    expect(written.text(0x0020000d)).toBe('1.5.6');
    expect(written.text(0x00200052)).toBe('1.7.8');
    expect(written.text(0x0020000e)).not.toBe('1.2.3');
    const frames = written.items(0x52009230);
    const sources = frames.map((frame) => frame.items(0x00089124)[0]!.items(0x00082112)[0]!.text(0x00081155));
    const instances = source.map((part) => readDicomDataset(part.bytes).text(0x00080018));
    expect(sources).toEqual(instances);
    expect(written.items(0x00081115)[0]!.text(0x0020000e)).toBe('1.2.3');
    const { segments: read, volume } = await decodeDicomSegmentation(bytes);
    expect(JSON.stringify([read, { ...volume, data: [] }])).not.toContain('Nobody');
  });

  it('refers to frames of a file of many, and gives the same bytes for the same random numbers', async () => {
    const { data, ...place } = await decodeDicomSeries(many);
    const mask = createVolume({ ...place, dtype: 'uint8', data: new Uint8Array(data.length).fill(1) });
    const write = (): Uint8Array =>
      encodeDicomSegmentation(mask, { ...options, source: many, random: seeded(7), segments: [segments[0]!] });
    expect(write()).toEqual(write());
    const frames = readDicomDataset(write()).items(0x52009230);
    const numbers = frames.map((frame) => frame.items(0x00089124)[0]!.items(0x00082112)[0]!.numbers(0x00081160)![0]);
    expect(numbers).toEqual([3, 2, 4, 1]);
  });

  const mask = like(new Uint8Array(count).fill(1));
  it.each<[string, () => unknown, RegExp]>([
    [
      'a volume that lies elsewhere',
      () => encodeDicomSegmentation({ ...mask, origin: [0, 0, 0] }, options),
      /on the grid of their source, slice 0 lies .* mm off/,
    ],
    [
      'a volume of another size',
      () => encodeDicomSegmentation(createVolume({ size: [1, 1, 1], data: Uint8Array.of(1) }), options),
      /the source has 3x2x4 voxels, the segments have 1x1x1/,
    ],
    [
      'a number without a segment',
      () => encodeDicomSegmentation(like(new Uint8Array(count).fill(9)), options),
      /0 or the number of a segment, got 9/,
    ],
    [
      'numbers with a gap',
      () => encodeDicomSegmentation(mask, { ...options, segments: [{ number: 3, label: 'a' }] }),
      /numbered 1, 2, …; a LABELMAP may have others, got 3/,
    ],
    [
      'a fraction over 1',
      () => encodeDicomSegmentation(like(new Float32Array(2 * count).fill(2), 2), { ...options, type: 'FRACTIONAL' }),
      /must be 0 to 1, got 2/,
    ],
    [
      'a source without a study',
      () => {
        const one = createVolume({ size: [3, 2, 1], data: new Uint8Array(6) });
        return encodeDicomSegmentation(one, { ...options, source: [{ bytes: fromBase64(dicomColour) }] });
      },
      /the source must have a study, got none/,
    ],
    [
      'an empty label',
      () => encodeDicomSegmentation(mask, { ...options, segments: [{ number: 1, label: '' }] }),
      /label must have 1 to 64 characters/,
    ],
    ['no source', () => encodeDicomSegmentation(mask, { ...options, source: [] }), /must have files, got none/],
  ])('refuses %s', (_, write, rule) => {
    expect(write).toThrow(RangeError);
    expect(write).toThrow(rule);
  });
});

describe('numbers and names in DICOM', () => {
  it('fits a decimal into 16 characters', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e300, max: 1e300, noNaN: true }), (value) => {
        const text = decimal(value);
        expect(text.length).toBeLessThanOrEqual(16);
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-8);
      }),
    );
  });

  it('makes UIDs of version 4 UUIDs', () => {
    const uid = createUid(seeded(3));
    expect(uid).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
    const hex = BigInt(uid.slice(5)).toString(16).padStart(32, '0');
    expect(hex[12]).toBe('4');
    expect('89ab').toContain(hex[16]);
    expect(createUid(seeded(3))).toBe(uid);
  });
});
