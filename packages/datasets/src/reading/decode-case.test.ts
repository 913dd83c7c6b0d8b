import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createImage, createVolume, encodeNifti, encodePng } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import type { Case } from '../case.ts';
import { classMap } from '../class-map.ts';
import { folderWith } from '../temporary-folder.fixture.ts';
import { caseAnnotators, caseTruth } from './case-truth.ts';
import { decodeMask, maskOfScan } from './decode-mask.ts';
import { decodeScan } from './decode-scan.ts';
import { readCase } from './read-case.ts';
import { stackChannels } from './stack-channels.ts';

const gray = (data: number[]): Uint8Array =>
  encodePng(createImage({ width: data.length / 2, height: 2, channels: 1, data: Uint8Array.from(data) }));
const volume = (data: number[]): Uint8Array =>
  encodeNifti(createVolume({ size: [2, 2, data.length / 4], data: Uint8Array.from(data), spacing: [1, 1, 2] }));

describe('a case decoded from bytes', () => {
  it('is an image or a volume, as its content says', async () => {
    const image = await decodeScan(gray([1, 2, 3, 4]), 'a.png');
    expect(image).toMatchObject({ width: 2, height: 2, data: Uint8Array.of(1, 2, 3, 4) });
    const scan = await decodeScan(volume([1, 2, 3, 4, 5, 6, 7, 8]), 'a.nii');
    expect(scan).toMatchObject({ size: [2, 2, 2], spacing: [1, 1, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    await expect(decodeScan(gray([1, 2, 3, 4]), 'a.png', { maxFileBytes: 3 })).rejects.toThrow('a.png: ');
  });

  it('is what readCase reads from files, masks included', async () => {
    const classes = classMap({ disc: [0, 128], cup: 0 }, { background: [255] });
    const content = {
      'a.png': gray([9, 8, 7, 6]),
      'b.png': gray([1, 2, 3, 4]),
      'm.png': gray([0, 128, 255, 255]),
      'n.png': gray([128, 128, 255, 255]),
    };
    const dir = await folderWith(content);
    const at = (name: string): string => join(dir, name);
    const c: Case = {
      id: 'a',
      patient: 'P',
      images: [at('a.png'), at('b.png')],
      masks: [
        { path: at('m.png'), annotator: 'Ann' },
        { path: at('n.png'), annotator: 'Bob' },
      ],
      classes,
    };
    const read = await readCase(c);
    const bytes = async (name: string): Promise<Uint8Array> => new Uint8Array(await readFile(at(name)));
    const parts = [await decodeScan(await bytes('a.png'), 'a.png'), await decodeScan(await bytes('b.png'), 'b.png')];
    const scan = stackChannels(parts, ['a.png', 'b.png']);
    const masks = [];
    for (const { path, annotator } of c.masks)
      masks.push({ annotator, bits: await decodeMask(new Uint8Array(await readFile(path)), path, scan, c) });
    expect({ scan, masks }).toEqual(read);
    expect(scan.data).toEqual(Uint8Array.of(9, 1, 8, 2, 7, 3, 6, 4));
    expect(masks[0]!.bits).toEqual(Uint8Array.of(3, 1, 0, 0));
  });

  it('reads outlines, and names a mask of another size or place', async () => {
    const scan = await decodeScan(gray([1, 2, 3, 4, 5, 6]), 'a_1.png');
    const outlines =
      '<case><mark><image>1</image><svg>[{"points": [{"x": 0, "y": 0}, {"x": 2, "y": 0}, {"x": 2, "y": 1}, {"x": 0, "y": 1}]}]</svg></mark></case>';
    const bits = await decodeMask(new TextEncoder().encode(outlines), 'a.xml', scan, { id: 'a', images: ['a_1.png'] });
    expect([...bits]).toEqual([1, 1, 1, 0, 0, 0]);
    await expect(decodeMask(gray([0, 1, 1, 0]), 'm.png', scan, { id: 'a', images: [] })).rejects.toThrow(
      'm.png: a mask must have the size of its image, got 2x2 for 3x2',
    );
    const there = createVolume({ size: [2, 2, 1], data: new Uint8Array(4), origin: [5, 0, 0] });
    expect(() => maskOfScan(there, { ...there, origin: [0, 0, 0] }, {}, 'm.nii')).toThrow(
      'm.nii: a mask must lie where its image lies, got corners 5.00 mm apart',
    );
  });

  it('has one reference mask per class: of the majority, of averages from a half, or of one annotator', () => {
    const classes = classMap({ a: 1, b: 2 });
    const masks = [
      { annotator: 'Ann', bits: Uint8Array.of(1, 1, 0, 2) },
      { annotator: 'Bob', bits: Uint8Array.of(1, 2, 0, 2) },
      { annotator: 'Cy', bits: Uint8Array.of(0, 2, 0, 0) },
    ];
    const truth = (how?: Parameters<typeof caseTruth>[2]): number[][] =>
      caseTruth({ masks }, { id: 'c', classes }, how).map((mask) => [...mask]);
    expect(truth()).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 1],
    ]);
    expect(truth('mean')).toEqual(truth());
    expect(truth({ name: 'Ann' })).toEqual([
      [1, 1, 0, 0],
      [0, 0, 0, 1],
    ]);
    expect(truth('draw')).toEqual(truth({ name: 'Ann' }));
    expect(() => truth({ name: 'Dee' })).toThrow('c: a case must have the annotator asked for, got Ann, Bob, Cy');
  });

  it('has the masks of each of several annotators, with what each ignores', () => {
    const c = { id: 'c', classes: { ...classMap({ a: 1, b: 2 }), ignore: [9] } };
    const ann = { annotator: 'Ann', bits: Uint8Array.of(1, 3, 0, 4) };
    expect(caseAnnotators({ masks: [ann, { bits: Uint8Array.of(0, 2, 2, 2) }] }, c)).toEqual([
      {
        name: 'Ann',
        truth: [Uint8Array.of(1, 1, 0, 0), Uint8Array.of(0, 1, 0, 0)],
        ignored: Uint8Array.of(0, 0, 0, 1),
      },
      { truth: [Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0, 1, 1, 1)] },
    ]);
    expect(caseAnnotators({ masks: [ann] }, c)).toBeUndefined();
  });
});
