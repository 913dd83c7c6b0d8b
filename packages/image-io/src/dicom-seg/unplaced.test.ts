import { describe, expect, it } from 'vitest';
import { readDicomDataset } from '../dicom/dataset.ts';
import { type DicomPart, decodeDicomSeries } from '../dicom/decode.ts';
import { type Element, image, withMark } from '../dicom/elements.fixture.ts';
import { type DicomEntry, encodeDicomFile } from '../dicom/writer.ts';
import { createVolume, type Volume } from '../volume.ts';
import { checkSegmentationSource } from './check-source.ts';
import { decodeDicomLabels, decodeDicomSegmentation } from './decode.ts';
import { encodeDicomSegmentation } from './encode.ts';

const segments = [
  { number: 1, label: 'Nodule' },
  { number: 2, label: 'Rib' },
];
/** The image of the fixture without some of its elements. */
const without = (tags: number[], ...others: Element[]): DicomPart => ({
  bytes: withMark(image(...others).filter(([tag]) => !tags.includes(tag))),
  name: 'source.dcm',
});
const [position, orientation, reference] = [0x00200032, 0x00200037, 0x00200052];
const nowhere = [position, orientation, reference];

const onGridOf = async (source: DicomPart[], data: Uint8Array, channels = 1): Promise<Volume> => {
  const { size, spacing, origin, direction } = await decodeDicomSeries(source);
  return createVolume({ size, spacing, origin, direction, channels, data });
};
const write = (volume: Volume, source: DicomPart[], type?: 'BINARY' | 'LABELMAP'): Uint8Array =>
  encodeDicomSegmentation(volume, { source, segments, random: () => 0.5, ...(type && { type }) });

describe('a DICOM SEG of an image without a position', () => {
  const projection = [without(nowhere, [0x00080060, 'CS', 'CR'])];

  it('refers to its image, is where that is, and is read again', async () => {
    const mask = await onGridOf(projection, Uint8Array.of(0, 1, 1, 2, 0, 2));
    for (const type of ['BINARY', 'LABELMAP'] as const) {
      const bytes = write(mask, projection, type);
      const dataset = readDicomDataset(bytes);
      expect(dataset.element(reference)).toBeUndefined();
      const [group] = dataset.items(0x52009230);
      expect([group!.items(0x00209113), group!.items(0x00209116)]).toEqual([[], []]);
      expect(group!.items(0x00089124)[0]!.items(0x00082112)[0]!.text(0x00081155)).toBe('1.2.3.1');
      const { volume, segments: read } = await decodeDicomLabels(bytes);
      expect(read).toEqual(segments);
      expect(volume).toEqual({ ...mask, dtype: 'uint8' });
      expect((await decodeDicomSegmentation(bytes)).isStack).toBe(true);
    }
  });

  it('keeps the slices of a file of many, empty ones too', async () => {
    const frames = Array.from({ length: 24 }, (_, i) => i);
    const film = [without(nowhere, [0x00280008, 'IS', '4'], [0x7fe00010, 'OW', frames])];
    const data = new Uint8Array(24).fill(2, 7, 11);
    const bytes = write(await onGridOf(film, data), film);
    const dataset = readDicomDataset(bytes);
    expect(dataset.numbers(0x00280008)).toEqual([8]);
    const numbers = dataset
      .items(0x52009230)
      .map((group) => group.items(0x00089124)[0]!.items(0x00082112)[0]!.numbers(0x00081160)![0]);
    expect(numbers).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    const { volume } = await decodeDicomLabels(bytes);
    expect([volume.size, volume.data]).toEqual([[3, 2, 4], data]);
  });

  it('keeps the order of several files', async () => {
    const files = [1, 2, 3].map((n) => without(nowhere, [0x00080018, 'UI', `1.2.3.${n}`]));
    const data = Uint8Array.from({ length: 18 }, (_, i) => (i >= 12 ? 1 : 0));
    const { volume } = await decodeDicomLabels(write(await onGridOf(files, data), files));
    expect([volume.size, volume.data]).toEqual([[3, 2, 3], data]);
  });
});

it('a source with positions but no frame of reference gets a new one', async () => {
  const source = [without([reference])];
  const mask = await onGridOf(source, Uint8Array.of(0, 1, 1, 2, 0, 2));
  const bytes = write(mask, source);
  expect(readDicomDataset(bytes).text(reference)).toMatch(/^2\.25\.\d+$/);
  const { volume } = await decodeDicomLabels(bytes);
  expect(volume).toEqual({ ...mask, dtype: 'uint8' });
});

describe('frames of other programs without positions', () => {
  /** A SEG of 2 x 1 pixels, a frame per entry, of which each says what its groups are. */
  const seg = (groups: DicomEntry[][], others: DicomEntry[] = []): Uint8Array =>
    encodeDicomFile({ sopClass: '1.2.840.10008.5.1.4.1.1.66.4', sopInstance: '1.9' }, [
      [0x00080060, 'CS', 'SEG'],
      [0x00280002, 'US', [1]],
      [0x00280004, 'CS', 'MONOCHROME2'],
      [0x00280008, 'IS', [groups.length]],
      [0x00280010, 'US', [1]],
      [0x00280011, 'US', [8]],
      [0x00280100, 'US', [1]],
      [0x00280101, 'US', [1]],
      [0x00280102, 'US', [0]],
      [0x00280103, 'US', [0]],
      [0x00620001, 'CS', 'BINARY'],
      [
        0x00620002,
        'SQ',
        segments.map(({ number, label }): DicomEntry[] => [
          [0x00620004, 'US', [number]],
          [0x00620005, 'LO', label],
        ]),
      ],
      [0x52009230, 'SQ', groups],
      [0x7fe00010, 'OB', Uint8Array.from({ length: groups.length + (groups.length % 2) }, (_, k) => 1 << k)],
      ...others,
    ]);
  const ofSegment = (number: number): DicomEntry => [0x0062000a, 'SQ', [[[0x0062000b, 'US', [number]]]]];
  const from = (instance: string, frame?: number): DicomEntry => [
    0x00089124,
    'SQ',
    [
      [
        [
          0x00082112,
          'SQ',
          [[[0x00081155, 'UI', instance], ...(frame ? [[0x00081160, 'IS', [frame]] as DicomEntry] : [])]],
        ],
      ],
    ],
  ];
  const bits = async (bytes: Uint8Array): Promise<{ size: readonly number[]; at: number[] }> => {
    const { volume } = await decodeDicomLabels(bytes);
    return { size: volume.size, at: [...volume.data.keys()].filter((i) => volume.data[i] !== 0) };
  };

  it('are put by the frame of their source', async () => {
    expect(
      await bits(
        seg([
          [ofSegment(1), from('1.5', 3)],
          [ofSegment(1), from('1.5', 1)],
        ]),
      ),
    ).toEqual({
      size: [8, 1, 3],
      at: [1, 16],
    });
  });

  it('are put by their source among the images referred to', async () => {
    const list: DicomEntry = [
      0x00081115,
      'SQ',
      [[[0x0008114a, 'SQ', ['1.5', '1.6', '1.7'].map((uid): DicomEntry[] => [[0x00081155, 'UI', uid]])]]],
    ];
    expect(
      await bits(
        seg(
          [
            [ofSegment(1), from('1.7')],
            [ofSegment(2), from('1.6')],
          ],
          [list],
        ),
      ),
    ).toEqual({
      size: [8, 1, 3],
      at: [9, 16],
    });
  });

  it('are one slice where each segment has one frame, and refused where nothing tells', async () => {
    expect(await bits(seg([[ofSegment(1)], [ofSegment(2)]]))).toEqual({ size: [8, 1, 1], at: [0, 1] });
    await expect(decodeDicomLabels(seg([[ofSegment(1)], [ofSegment(1)]]))).rejects.toThrow(
      'must have positions, places in a stack or source images, got none',
    );
  });
});

describe('checkSegmentationSource', () => {
  const check = (source: DicomPart): string[] => checkSegmentationSource([source], segments);

  it('says before the work what would be refused after it', () => {
    expect(check(without([]))).toEqual([]);
    expect(check(without(nowhere))[0]).toMatch(/^the file has no position/);
    expect(check(without([reference]))[0]).toMatch(/^the file names no frame of reference/);
    expect(() => check(without([0x0020000d]))).toThrow('the source must have a study, got none');
    expect(() => check(without([0x00080018]))).toThrow('a SOP class and instance in each file, got none');
    expect(() => check(without([], [0x00480006, 'UL', [100, 0]]))).toThrow(
      'slices, got a slide that is cut into tiles',
    );
    const latin = without([], [0x00100010, 'PN', 'M\xfcller']);
    expect(check(latin)).toEqual([]);
    expect(() => checkSegmentationSource([latin], [{ number: 1, label: 'Läsion' }])).toThrow('labels must be ASCII');
    expect(() => checkSegmentationSource([latin], [{ number: 1, label: 'a'.repeat(65) }])).toThrow('64 characters');
    expect(() => checkSegmentationSource([], segments)).toThrow('must have files, got none');
  });
});
