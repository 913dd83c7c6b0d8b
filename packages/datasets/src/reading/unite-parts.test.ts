import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DataRemark } from '../case.ts';
import { classMap } from '../class-map.ts';
import { listFolder } from '../layouts/folder.ts';
import { listManifest } from '../layouts/manifest.ts';
import { loadOriginal, loadSample } from '../loading/load-sample.ts';
import { folderWith, png } from '../temporary-folder.fixture.ts';
import { annotatorRemark } from './annotator-remarks.ts';
import { caseTruth } from './case-truth.ts';
import { checkCases } from './check-cases.ts';
import { ofFiles } from './of-files.fixture.ts';
import { readCase } from './read-case.ts';
import { summarizeCases } from './summarize-cases.ts';
import { uniteParts } from './unite-parts.ts';

const gray = (...values: number[]): Uint8Array => png(values.length, 1, 1, Uint8Array.from(values));
const image = gray(1, 2, 3, 4, 5, 6);
const disjoint = 'it has several masks, which do not overlap: they are united as parts of one mask';
const overlapping =
  'it has several masks, which overlap: they are united as parts of one mask; name them _rater1, _rater2 if they are of several annotators';

describe('uniteParts', () => {
  it('takes every pixel of every part, and says whether they overlap', () => {
    const binary = { count: 1, exclusive: true };
    expect(uniteParts([Uint8Array.of(1, 0, 0), Uint8Array.of(0, 0, 1)], binary)).toEqual({
      bits: Uint8Array.of(1, 0, 1),
      overlaps: false,
      disputed: false,
    });
    expect(uniteParts([Uint8Array.of(1, 1, 0), Uint8Array.of(0, 1, 1)], binary)).toEqual({
      bits: Uint8Array.of(1, 1, 1),
      overlaps: true,
      disputed: false,
    });
    expect(() => uniteParts([], binary)).toThrow('there must be a part, got none');
  });

  it('gives a pixel of two exclusive classes to the later part, and one of two regions to both', () => {
    const parts = [Uint8Array.of(1, 1, 0), Uint8Array.of(0, 2, 2)];
    expect(uniteParts(parts, { count: 2, exclusive: true })).toEqual({
      bits: Uint8Array.of(1, 2, 2),
      overlaps: true,
      disputed: true,
    });
    expect(uniteParts(parts, { count: 2, exclusive: false })).toEqual({
      bits: Uint8Array.of(1, 3, 2),
      overlaps: true,
      disputed: false,
    });
  });
});

describe('several masks of one image', () => {
  it('are united when they are numbered, as those of BUSI, in training, in the truth and in the summary', async () => {
    const dir = await folderWith({
      'images/benign (195).png': image,
      'masks/benign (195)_mask.png': gray(255, 0, 0, 0, 0, 0),
      'masks/benign (195)_mask_1.png': gray(0, 0, 255, 0, 0, 0),
      'masks/benign (195)_mask_2.png': gray(0, 0, 0, 0, 255, 255),
    });
    const listing = await listFolder(dir);
    expect(listing.problems).toEqual([]);
    const checked = await checkCases(listing);
    const [c] = checked.cases;
    expect(ofFiles(checked.remarks)).toEqual([{ file: join(dir, 'images', 'benign (195).png'), text: disjoint }]);
    expect(c!.facts!.foreground).toEqual([4]);
    expect(summarizeCases(checked.cases).annotators).toEqual([{ value: '1', cases: 1 }]);
    const united = [1, 0, 1, 0, 1, 1];
    expect(caseTruth(await readCase(c!), c!).map((mask) => [...mask])).toEqual([united]);
    expect([...(await loadOriginal(c!)).mask]).toEqual(united);
    expect([...(await loadSample(c!, { imageSize: [1, 6] })).mask]).toEqual(united);
  });

  it('are united and remarked upon when they overlap, whatever they are called', async () => {
    const dir = await folderWith({
      'images/a.png': image,
      'images/b.png': image,
      'images/c.png': image,
      'masks/a_mask1.png': gray(255, 255, 0, 0, 0, 0),
      'masks/a_mask2.png': gray(0, 255, 255, 0, 0, 0),
      'masks/b_lesion-1.png': gray(255, 255, 255, 0, 0, 0),
      'masks/b_lesion-2.png': gray(0, 255, 0, 0, 0, 0),
      'masks/c.png': gray(0, 255, 0, 0, 0, 0),
    });
    const { cases, problems, remarks } = await checkCases(await listFolder(dir), { duplicates: false });
    expect(problems).toEqual([]);
    expect(ofFiles(remarks)).toEqual(
      ['a', 'b'].map((id) => ({ file: join(dir, 'images', `${id}.png`), text: overlapping })),
    );
    expect(cases.map((c) => c.facts!.foreground)).toEqual([[3], [3], [1]]);
  });

  it('stay those of annotators when they are called so, and are remarked upon when these have nothing in common', async () => {
    const dir = await folderWith({
      'images/a.png': image,
      'images/b.png': image,
      'masks/a_rater1.png': gray(255, 0, 0, 0, 0, 0),
      'masks/a_rater2.png': gray(0, 255, 0, 0, 0, 0),
      'masks/a_rater3.png': gray(0, 0, 255, 0, 0, 0),
      'masks/b_rater1.png': gray(255, 255, 0, 0, 0, 0),
      'masks/b_rater2.png': gray(0, 255, 0, 0, 0, 0),
    });
    const { cases, remarks } = await checkCases(await listFolder(dir), { duplicates: false });
    expect(cases.map((c) => c.masks.map(({ annotator }) => annotator))).toEqual([
      ['rater1', 'rater2', 'rater3'],
      ['rater1', 'rater2'],
    ]);
    expect(ofFiles(remarks)).toEqual([
      { file: join(dir, 'images', 'a.png'), text: expect.stringContaining('annotators have no pixel in common') },
    ]);
  });

  it('are a problem when two have the same name but for the suffix', async () => {
    const dir = await folderWith({ 'images/a.png': image, 'masks/a_mask.png': image, 'masks/a_seg.png': image });
    const { cases, problems } = await listFolder(dir);
    expect(cases).toEqual([]);
    expect(problems.map(({ rule }) => rule)).toEqual([
      'an image must have one mask, numbered parts or one mask per annotator, got 2 of a',
    ]);
  });

  it('are parts in a manifest when their column or annotator is called so', async () => {
    const dir = await folderWith({
      'a.png': image,
      '1.png': gray(255, 0, 0, 0, 0, 0),
      '2.png': gray(0, 255, 0, 0, 0, 0),
      'manifest.csv': 'id,image,mask:lesion1,mask:lesion2\na,a.png,1.png,2.png\n',
    });
    const { cases } = await checkCases(await listManifest(dir));
    expect(cases[0]!.masks).toEqual([{ path: join(dir, '1.png') }, { path: join(dir, '2.png') }]);
    expect(cases[0]!.facts!.foreground).toEqual([2]);
    const rows = await folderWith({
      'a.png': image,
      '1.png': gray(255, 0, 0, 0, 0, 0),
      '2.png': gray(0, 255, 0, 0, 0, 0),
      'manifest.csv': 'id,image,mask,annotator\na,a.png,1.png,mask_1\na,a.png,2.png,mask_2\n',
    });
    expect((await checkCases(await listManifest(rows))).cases[0]!.facts!.foreground).toEqual([2]);
  });

  it('are one per class where each file marks a class', async () => {
    const dir = await folderWith({
      'a.png': image,
      'liver.png': gray(1, 1, 0, 0, 0, 0),
      'spleen.png': gray(0, 255, 255, 0, 0, 0),
    });
    const c = {
      id: 'a',
      patient: 'a',
      images: [join(dir, 'a.png')],
      masks: ['liver', 'spleen'].map((ofClass) => ({ path: join(dir, `${ofClass}.png`), ofClass })),
      classes: classMap({ liver: 1, spleen: 2 }),
    };
    const remarks: DataRemark[] = [];
    const { masks } = await readCase(c, { onRemark: (remark) => remarks.push(remark) });
    expect(masks.map(({ bits }) => [...bits])).toEqual([[1, 2, 2, 0, 0, 0]]);
    expect(remarks).toEqual([
      { file: join(dir, 'a.png'), text: 'its masks give some pixels to several classes: the last of them has each' },
    ]);
    await expect(readCase({ ...c, classes: classMap({ liver: 1 }) })).rejects.toThrow(
      'must be of a class of a, got spleen',
    );
  });
});

describe('annotatorRemark', () => {
  const of = (...masks: number[][]): string | undefined => annotatorRemark(masks.map((mask) => Uint8Array.from(mask)));

  it('tells masks that never meet from a majority that is empty', () => {
    expect(of([1, 0, 0], [0, 1, 0])).toContain('no pixel in common');
    expect(of([1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0])).toContain(
      'no pixel on which half of its annotators agree',
    );
    expect(of([1, 2], [2, 1])).toContain('no pixel in common');
  });

  it('says nothing where annotators agree, or but one has marked anything', () => {
    expect(of([1, 1, 0], [0, 1, 0])).toBeUndefined();
    expect(of([3, 0], [2, 0])).toBeUndefined();
    expect(of([1, 0], [0, 0])).toBeUndefined();
    expect(of([1, 0])).toBeUndefined();
  });
});
