import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acceptCases, DataError } from '../data-error.ts';
import { listFolder } from '../layouts/folder.ts';
import { folderWith, mask, png, tif } from '../temporary-folder.fixture.ts';
import { checkCases } from './check-cases.ts';
import { ofFiles } from './of-files.fixture.ts';
import { remarkLines } from './remark-lines.ts';

/** Checks one bad pair among three good ones and gives what is said about it. */
async function check(
  image: Uint8Array | string,
  maskFile: Uint8Array | string,
): Promise<{ file: string; rule: string; ids: string[] }> {
  const good = {
    'images/1.tif': tif(4, 4, 3),
    'masks/1.tif': mask(4, 4),
    'images/2.tif': png(4, 4, 3),
    'masks/2.tif': mask(4, 4, 1),
    'images/3.tif': tif(6, 5, 3),
    'masks/3.tif': mask(6, 5, 0),
  };
  const dir = await folderWith({ ...good, 'images/bad.tif': image, 'masks/bad.tif': maskFile });
  const { cases, problems } = await checkCases(await listFolder(dir));
  expect(problems.length).toBeLessThanOrEqual(1);
  return {
    file: problems[0]?.file.slice(dir.length + 1) ?? '',
    rule: problems[0]?.rule ?? '',
    ids: cases.map((c) => c.id),
  };
}

describe('checkCases', () => {
  const image = tif(4, 4, 3);

  it('takes good files: PNG content called .tif, masks of 0 and 1, a mask without a lesion', async () => {
    expect(await check(image, mask(4, 4))).toEqual({ file: '', rule: '', ids: ['1', '2', '3', 'bad'] });
  });

  it.each<[string, Uint8Array | string, Uint8Array | string, string, string]>([
    [
      'sizes that differ',
      image,
      mask(5, 4),
      'masks/bad.tif',
      'a mask must have the size of its image, got 5x4 for 4x4',
    ],
    ['a truncated image', image.subarray(0, 120), mask(4, 4), 'images/bad.tif', 'the TIFF file is truncated'],
    ['a truncated mask', image, mask(4, 4).subarray(0, 9), 'masks/bad.tif', 'the TIFF file is truncated or damaged'],
    [
      'a text file called .tif',
      'hello',
      mask(4, 4),
      'images/bad.tif',
      'an image must be PNG, TIFF, JPEG, BMP or GIF, the content is a text file',
    ],
    ['an empty file', image, '', 'masks/bad.tif', 'the file is empty'],
    [
      'a mask with three values',
      image,
      tif(4, 4, 1, Uint8Array.of(0, 7, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
      'masks/bad.tif',
      'a mask must have at most two values, got 0, 7, 9',
    ],
    [
      'another number of channels',
      tif(4, 4, 1),
      mask(4, 4),
      'images/bad.tif',
      'all images must have the same channels, got 1 where most have 3',
    ],
    [
      'an image without numbers',
      tif(4, 4, 3, new Float32Array(48).fill(Number.NaN)),
      mask(4, 4),
      'images/bad.tif',
      'an image must have numbers in each channel, got NaN in all 16 pixels of channel 1',
    ],
    [
      'infinite intensities',
      tif(4, 4, 3, new Float32Array(48).fill(1).fill(Number.POSITIVE_INFINITY, 3, 7)),
      mask(4, 4),
      'images/bad.tif',
      'intensities must be finite, or NaN outside the field of view, got 2 infinite of 16 pixels',
    ],
    [
      'a mask with NaN',
      image,
      tif(4, 4, 1, new Float32Array(16).fill(Number.NaN, 0, 1)),
      'masks/bad.tif',
      'the values of a mask must be numbers, got NaN in 1 of them',
    ],
  ])('names %s and keeps the rest', async (_, badImage, badMask, file, rule) => {
    const found = await check(badImage, badMask);
    expect(found).toMatchObject({ file, ids: ['1', '2', '3'] });
    expect(found.rule).toContain(rule);
  });

  it('does not call NaN in a mask the field of view', async () => {
    const nan = new Float32Array(16).fill(Number.NaN, 0, 1);
    const dir = await folderWith({ 'images/a.tif': tif(4, 4, 1), 'masks/a.tif': tif(4, 4, 1, nan) });
    const { problems, remarks = [] } = await checkCases(await listFolder(dir));
    expect(problems.map(({ rule }) => rule)).toEqual(['the values of a mask must be numbers, got NaN in 1 of them']);
    expect(remarks.filter(({ text }) => text.includes('field of view'))).toEqual([]);
    const infinite = Float32Array.from({ length: 16 }, (_, k) => (k === 0 ? Number.POSITIVE_INFINITY : 0));
    const other = await folderWith({ 'images/a.tif': tif(4, 4, 1), 'masks/a.tif': tif(4, 4, 1, infinite) });
    expect((await checkCases(await listFolder(other))).problems.map(({ rule }) => rule)).toEqual([
      'the values of a mask must be numbers, got infinity in 1 of them',
    ]);
    // A mask of nothing else is named so too, and not as an image.
    const all = await folderWith({
      'images/a.tif': tif(4, 4, 1),
      'masks/a.tif': tif(4, 4, 1, new Float32Array(16).fill(Number.NaN)),
    });
    expect((await checkCases(await listFolder(all))).problems.map(({ rule }) => rule)).toEqual([
      'the values of a mask must be numbers, got NaN in 16 of them',
    ]);
  });

  it('takes NaN as outside the field of view: measures the rest, and says so', async () => {
    const values = Float32Array.from({ length: 16 }, (_, i) => (i < 3 ? Number.NaN : i));
    const dir = await folderWith({ 'images/a.tif': tif(4, 4, 1, values), 'masks/a.tif': mask(4, 4) });
    const { cases, problems, remarks } = await checkCases(await listFolder(dir));
    expect(problems).toEqual([]);
    expect(cases[0]!.facts).toMatchObject({ minimum: 3, maximum: 15, mean: 9 });
    expect(remarkLines(ofFiles(remarks))).toEqual([
      `${join(dir, 'images', 'a.tif')}: NaN pixels are taken as outside the field of view: 0 after normalisation (3 of 16)`,
    ]);
  });

  it('names a file that has vanished since it was listed', async () => {
    const dir = await folderWith({ 'images/a.tif': image, 'masks/a.tif': mask(4, 4) });
    const listing = await listFolder(dir);
    await rm(join(dir, 'masks', 'a.tif'));
    expect((await checkCases(listing)).problems).toEqual([
      { file: join(dir, 'masks', 'a.tif'), rule: 'the file must exist', patient: 'a' },
    ]);
  });

  it('stops when it is told to', async () => {
    const dir = await folderWith({ 'images/a.tif': image, 'masks/a.tif': mask(4, 4) });
    await expect(checkCases(await listFolder(dir), { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  });
});

describe('acceptCases', () => {
  const c = { id: 'a', patient: 'a', images: ['a.tif'], masks: [{ path: 'b.tif' }] };
  const problems = [
    { file: 'x.tif', rule: 'a mask must have its image' },
    { file: 'y.tif', rule: 'the file is empty' },
  ];

  it('gives the cases when nothing is wrong or bad files may be left out', () => {
    expect(acceptCases({ cases: [c], problems: [] })).toEqual([c]);
    expect(acceptCases({ cases: [c], problems }, { skipInvalid: true })).toEqual([c]);
  });

  it('says in one line what is wrong first, how much more, and how to go on', () => {
    const act = (): unknown => acceptCases({ cases: [c], problems }, { hint: 'use --skip-invalid to leave them out' });
    expect(act).toThrow(DataError);
    expect(act).toThrow('x.tif: a mask must have its image (and 1 more problem); use --skip-invalid to leave them out');
  });

  it('refuses when nothing is left, whatever may be skipped', () => {
    expect(() => acceptCases({ cases: [], problems }, { skipInvalid: true })).toThrow(
      /^x\.tif: a mask must have its image \(and 1 more problem\)$/,
    );
    expect(() => acceptCases({ cases: [], problems: [] })).toThrow('the data set has no cases');
  });
});
