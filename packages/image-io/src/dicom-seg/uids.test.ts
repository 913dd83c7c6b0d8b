import { describe, expect, it } from 'vitest';
import { readDicomDataset } from '../dicom/dataset.ts';
import type { DicomFrame } from '../dicom/frames.ts';
import { type DicomEntry, encodeDicomFile } from '../dicom/writer.ts';
import { createVolume } from '../volume.ts';
import { encodeDicomSegmentation } from './encode.ts';
import { newUids } from './uids.ts';

type Source = { bytes: Uint8Array; name: string }[];

/** Two slices of 2 x 2 pixels; `frame`: whether they name a frame of reference. */
function sourceOf(series: string, { frame = true } = {}): Source {
  return [0, 1].map((k) => {
    const instance = `${series}.${k + 1}`;
    const entries: DicomEntry[] = [
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
      [0x00080018, 'UI', instance],
      [0x00080060, 'CS', 'CT'],
      [0x0020000d, 'UI', '1.5.6'],
      [0x0020000e, 'UI', series],
      [0x00200032, 'DS', [0, 0, 2 * k]],
      [0x00200037, 'DS', [1, 0, 0, 0, 1, 0]],
      ...(frame ? [[0x00200052, 'UI', '1.7.8'] as DicomEntry] : []),
      [0x00280002, 'US', [1]],
      [0x00280004, 'CS', 'MONOCHROME2'],
      [0x00280010, 'US', [2]],
      [0x00280011, 'US', [2]],
      [0x00280030, 'DS', [1, 1]],
      [0x00280100, 'US', [8]],
      [0x00280101, 'US', [8]],
      [0x00280102, 'US', [7]],
      [0x00280103, 'US', [0]],
      [0x7fe00010, 'OB', Uint8Array.of(k, 1, 2, 3)],
    ];
    return {
      name: 'ct.dcm',
      bytes: encodeDicomFile({ sopClass: '1.2.840.10008.5.1.4.1.1.2', sopInstance: instance }, entries),
    };
  });
}

interface Uids {
  instance: string;
  series: string;
  dimension: string;
  frame: string;
}

function uidsOf(
  source: Source,
  {
    madeBy,
    label = 'Liver',
    data = [1, 0, 0, 0, 0, 0, 0, 0],
  }: { madeBy?: string; label?: string; data?: number[] } = {},
): Uids {
  const mask = createVolume({
    size: [2, 2, 2],
    spacing: [1, 1, 2],
    direction: [-1, 0, 0, 0, -1, 0, 0, 0, 1],
    data: Uint8Array.from(data),
  });
  const segments = [{ number: 1, label }];
  const bytes = encodeDicomSegmentation(mask, { source, segments, ...(madeBy !== undefined && { madeBy }) });
  const written = readDicomDataset(bytes);
  const dimensions = [written.items(0x00209221), written.items(0x00209222)]
    .flat()
    .map((item) => item.text(0x00209164)!);
  expect(new Set(dimensions).size).toBe(1);
  return {
    instance: written.text(0x00080018)!,
    series: written.text(0x0020000e)!,
    dimension: dimensions[0]!,
    frame: written.text(0x00200052)!,
  };
}

describe('the UIDs of a DICOM SEG', () => {
  it('are the same for the same segmentation again, and UIDs', () => {
    const uids = uidsOf(sourceOf('1.2.3'), { madeBy: 'model 7' });
    expect(uidsOf(sourceOf('1.2.3'), { madeBy: 'model 7' })).toEqual(uids);
    const { frame, ...own } = uids;
    expect(frame).toBe('1.7.8');
    expect(new Set(Object.values(own)).size).toBe(3);
    for (const uid of Object.values(own)) {
      expect(uid).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
      const hex = BigInt(uid.slice(5)).toString(16).padStart(32, '0');
      expect([hex[12], '89ab'.includes(hex[16]!)]).toEqual(['5', true]);
    }
  });

  it('differ with the source, the model, the segments and the voxels', () => {
    const source = sourceOf('1.2.3');
    const all = [
      uidsOf(source, { madeBy: 'model 7' }),
      uidsOf(source, { madeBy: 'model 8' }),
      uidsOf(source),
      uidsOf(source, { madeBy: 'model 7', label: 'Spleen' }),
      uidsOf(source, { madeBy: 'model 7', data: [0, 1, 0, 0, 0, 0, 0, 0] }),
      uidsOf(source, { madeBy: 'model 7', data: [0, 0, 0, 0, 1, 0, 0, 0] }),
      uidsOf(sourceOf('1.2.4'), { madeBy: 'model 7' }),
    ];
    for (const what of ['instance', 'series', 'dimension'] as const)
      expect(new Set(all.map((uids) => uids[what])).size).toBe(all.length);
  });

  it('share the frame of reference of a source that names none, whoever segments it', () => {
    const [one, two] = ['model 7', 'model 8'].map((madeBy) => uidsOf(sourceOf('1.2.3', { frame: false }), { madeBy }));
    expect(one!.frame).toMatch(/^2\.25\./);
    expect(two!.frame).toBe(one!.frame);
    expect(uidsOf(sourceOf('1.2.4', { frame: false })).frame).not.toBe(one!.frame);
  });

  it('do not repeat over 10,000 sources, though their masks, their names and the model are the same', () => {
    const packed = { bits: 1, frames: [{ slice: 0, segment: 0 }], pixels: new Uint8Array(8), most: 255 } as const;
    const options = { madeBy: 'model 7', segments: [{ number: 1, label: 'Liver' }], type: 'BINARY' };
    const seen = new Set<string>();
    for (let n = 0; n < 10_000; n++) {
      const frames = [{ dataset: { text: () => `1.2.840.${n}` } }] as unknown as DicomFrame[];
      const uid = newUids(frames, { ...packed, frames: [...packed.frames] }, options);
      for (const what of ['instance', 'series', 'dimension', 'frame of reference'] as const) seen.add(uid(what));
    }
    expect(seen.size).toBe(40_000);
  });
});
