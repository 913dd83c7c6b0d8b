import { join } from 'node:path';
import { createImage, createVolume, type Matrix, type Segmentation } from '@medseg/image-io';
import { writeImage, writeVolume } from '@medseg/image-io/node';
import { describe, expect, it } from 'vitest';
import { classMap } from '../class-map.ts';
import { LAYOUTS } from '../layouts/layouts.ts';
import { openCases } from '../loading/case-source.ts';
import { createAssembler } from '../slicing/assemble.ts';
import { labelsOf } from '../slicing/label-map.ts';
import { prepareScan } from '../slicing/prepare.ts';
import { folderWith, png } from '../temporary-folder.fixture.ts';
import { alignSegments } from './align-segments.ts';
import { checkCases } from './check-cases.ts';
import { polygonMask } from './polygon-mask.ts';
import { readCase } from './read-case.ts';
import { readScan } from './read-scan.ts';

describe('BraTS from files to samples and back', () => {
  const size = [3, 2, 4] as const;
  const labels = Uint8Array.from({ length: 24 }, (_, i) => [0, 1, 2, 4][(i * 7) % 4]!);
  const write = async (offset: number): Promise<string> => {
    const dir = await folderWith({ 'B_001/x.txt': '' });
    for (const [m, kind] of ['t1', 't1ce', 't2', 'flair'].entries()) {
      const data = Int16Array.from({ length: 24 }, (_, i) => 100 * m + i);
      const origin = kind === 'flair' ? ([offset, 0, 0] as const) : ([0, 0, 0] as const);
      await writeVolume(join(dir, 'B_001', `B_001_${kind}.nii.gz`), createVolume({ size, data, origin }));
    }
    await writeVolume(join(dir, 'B_001', 'B_001_seg.nii.gz'), createVolume({ size, data: labels }));
    return dir;
  };

  it('stacks modalities as channels, makes nested regions, and finds the labels again', async () => {
    const listing = await checkCases(await LAYOUTS['brats-regions'](await write(0)));
    expect(listing.problems).toEqual([]);
    const c = listing.cases[0]!;
    expect(c.facts).toMatchObject({ channels: 4, size, minimum: 0, maximum: 323 });
    const { scan } = await readCase(c);
    expect([...scan.data.subarray(0, 8)]).toEqual([0, 100, 200, 300, 1, 101, 201, 301]);
    const preparation = { imageSize: [6, 6] as const, view: { plane: 'coronal' as const } };
    const source = openCases(listing.cases, preparation);
    const back = createAssembler(prepareScan(scan, preparation).grid, 3);
    for (let i = 0; i < source.length; i++) {
      const { mask, classes, source: from } = await source.sample(i);
      expect(classes).toBe(3);
      for (let p = 0; p < mask.length; p += 3)
        expect(mask[p]! >= mask[p + 1]! && mask[p + 1]! >= mask[p + 2]!).toBe(true);
      back.add(from!.place, mask, [6, 6]);
    }
    expect(labelsOf(back.values(), listing.classes)).toEqual(labels);
  });

  it('names a modality that lies elsewhere or has another size', async () => {
    const { problems } = await checkCases(await LAYOUTS.brats(await write(1)));
    expect(problems[0]!.file).toMatch(/flair/);
    expect(problems[0]!.rule).toContain('must lie on one grid, got corners 1.00 mm from');
    const dir = await folderWith({ 'a.png': png(2, 2, 1), 'b.png': png(3, 2, 1) });
    await expect(readScan([join(dir, 'a.png'), join(dir, 'b.png')])).rejects.toThrow(
      'must have one size, got 3x2 for 2x2',
    );
  });
});

describe('REFUGE masks', () => {
  it('are two regions', async () => {
    const dir = await folderWith({ 'images/g1.png': png(3, 1, 3), 'masks/x.txt': '' });
    await writeImage(
      join(dir, 'masks', 'g1.png'),
      createImage({ width: 3, height: 1, channels: 1, data: Uint8Array.of(0, 128, 255) }),
    );
    const { cases, problems } = await checkCases(await LAYOUTS.refuge(dir));
    expect(problems).toEqual([]);
    expect(cases[0]!.facts!.foreground).toEqual([2, 1]);
    const { mask } = await openCases(cases, { imageSize: [1, 3] }).sample(0);
    expect([...mask]).toEqual([1, 1, 1, 0, 0, 0]);
  });
});

describe('polygonMask', () => {
  const scan = createImage({ width: 6, height: 5, channels: 1, data: new Uint8Array(30) });
  const xml = (svg: string, image = 1): string =>
    `<case><number>12</number><mark><image>${image}</image><svg>${svg}</svg></mark></case>`;
  const draw = (text: string, image = '12_1.jpg'): Uint8Array =>
    polygonMask(text, { id: '12_1', images: [image] }, '12.xml', scan);
  const square =
    '[{"points": [{"x": 1, "y": 1}, {"x": 3, "y": 1}, {"x": 3, "y": 4}, {"x": 1, "y": 4}], "regionType": "freehand"}]';

  it('fills the outlines of its image', () => {
    const rows = Array.from({ length: 5 }, (_, y) => [...draw(xml(square)).subarray(y * 6, y * 6 + 6)].join(''));
    expect(rows).toEqual(['000000', '011100', '011100', '011100', '000000']);
    expect(draw(xml(square.replaceAll('"', '&quot;')))).toEqual(draw(xml(square)));
    expect(draw(xml('')).every((value) => value === 0)).toBe(true);
  });

  it.each([
    [xml(square, 2), 'got none of image 1 for 12_1'],
    [xml('[{'), 'must be JSON'],
    [xml('{}'), 'must be a list of outlines'],
    [xml('[null]'), 'must have points with x and y'],
    [xml('[{"points": [{"x": "1", "y": 2}]}]'), 'must have points with x and y'],
  ])('refuses %.60s', (text, message) => {
    expect(() => draw(text)).toThrow(`12.xml: `);
    expect(() => draw(text)).toThrow(message);
  });
});

describe('alignSegments', () => {
  const classes = { ...classMap({ Liver: 1, Lesion: 2 }), exclusive: false };
  const image = createVolume({ size: [2, 2, 4], data: new Uint8Array(16), spacing: [1, 1, 2], origin: [5, 6, 7] });
  const segmentation = (parts: {
    size: [number, number, number];
    data: number[];
    origin?: [number, number, number];
    direction?: Matrix;
    label?: string;
  }): Segmentation => ({
    segments: [
      { number: 1, label: parts.label ?? 'Liver' },
      { number: 2, label: 'called otherwise' },
    ] as Segmentation['segments'],
    volume: createVolume({
      size: parts.size,
      channels: 2,
      data: Uint8Array.from(parts.data),
      spacing: [1, 1, 2],
      origin: parts.origin ?? [5, 6, 7],
      ...(parts.direction && { direction: parts.direction }),
    }),
  });

  it('puts fewer slices where they belong, segments by name, else by number, and lets them overlap', () => {
    const bits = alignSegments(
      segmentation({ size: [2, 2, 2], origin: [5, 6, 9], data: [1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0] }),
      image,
      classes,
      'seg',
    );
    expect([...bits]).toEqual([0, 0, 0, 0, 1, 0, 2, 3, 0, 0, 0, 1, 0, 0, 0, 0]);
  });

  it('turns slices that run the other way', () => {
    const upside: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, -1];
    const bits = alignSegments(
      segmentation({
        size: [2, 2, 4],
        origin: [5, 6, 13],
        direction: upside,
        data: Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)),
      }),
      image,
      classes,
      'seg',
    );
    expect([...bits].indexOf(1)).toBe(12);
  });

  it.each([
    [
      { size: [2, 2, 1], data: [1, 0, 0, 0, 0, 0, 0, 0], origin: [5, 6, 8] },
      'must lie on the grid of its image, got its first voxel at 0.000,0.000,0.500',
    ],
    [
      { size: [2, 2, 1], data: [1, 0, 0, 0, 0, 0, 0, 0], origin: [5, 6, 17] },
      'must lie inside of its image, got voxel 5 of 4 along axis 2',
    ],
    [
      { size: [2, 2, 1], data: [0, 0, 0, 0, 0, 0, 0, 0], direction: [0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1] },
      'got steps of 0.600,0.800,0.000 voxels along its axis 0',
    ],
  ] as [Parameters<typeof segmentation>[0], string][])('refuses %j', (parts, message) => {
    expect(() => alignSegments(segmentation(parts), image, classes, 'seg.dcm')).toThrow(`seg.dcm: `);
    expect(() => alignSegments(segmentation(parts), image, classes, 'seg.dcm')).toThrow(message);
  });

  it('names a segment of no class', () => {
    const other = segmentation({ size: [2, 2, 1], data: [0, 0, 0, 0, 0, 0, 0, 0] });
    other.segments[0] = { ...other.segments[0]!, number: 9, label: 'Spleen' };
    expect(() => alignSegments(other, image, classes, 'seg')).toThrow('of the classes Liver, Lesion, got Spleen (9)');
  });
});
