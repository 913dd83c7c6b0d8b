import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Element, elements, image, withMark } from '../dicom/elements.fixture.ts';
import { matchSeries } from '../dicom/series.ts';
import { FormatError } from '../format-error.ts';
import { listDicomSeries } from './list-dicom-series.ts';
import { readDicomParts } from './read-dicom-parts.ts';
import { readVolume } from './read-volume.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-io-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Writes slices of a series, `n` of which say that they are the n-th. */
async function put(uid: string, places: readonly number[], ...others: Element[]): Promise<void> {
  for (const [n, z] of places.entries())
    await writeFile(
      join(folder, `${uid}-${n}.dcm`),
      withMark(
        image(
          [0x00080018, 'UI', `${uid}.${n + 1}`],
          [0x0020000e, 'UI', uid],
          [0x00200032, 'DS', `0\\0\\${z}`],
          [0x00200013, 'IS', `${n + 1}`],
          ...others,
        ),
      ),
    );
}

describe('several series in a folder', () => {
  beforeEach(async () => {
    await put('1.1', [0, 1, 2], [0x0008103e, 'LO', 'Thorax soft']);
    await put('1.2', [0, 2], [0x0008103e, 'LO', 'Thorax lung']);
    await put('1.3', [0], [0x00080060, 'CS', 'PT'], [0x00280008, 'IS', '1']);
    await writeFile(join(folder, 'notes.txt'), 'no image');
  });

  it('are listed with modality, description and slices', async () => {
    expect(await listDicomSeries(folder)).toEqual([
      { uid: '1.1', modality: 'CT', description: 'Thorax soft', slices: 3 },
      { uid: '1.2', modality: 'CT', description: 'Thorax lung', slices: 2 },
      { uid: '1.3', modality: 'PT', description: '', slices: 1 },
    ]);
  });

  it('are listed without their pixels, and with long elements before the image', async () => {
    await truncate(join(folder, '1.3-0.dcm'), 600);
    await put('1.4', [0], [0x00090010, 'LO', 'US'], [0x00091001, 'OB', new Uint8Array(40000)]);
    expect((await listDicomSeries(folder)).map(({ uid }) => uid)).toEqual(['1.1', '1.2', '1.3', '1.4']);
  });

  it('are all in the error of one who chose none', async () => {
    await expect(readVolume(folder)).rejects.toThrow(
      'or the option series must choose one, got 1.1 (CT, "Thorax soft", 3 slices), 1.2 (CT, "Thorax lung", 2 slices) and 1.3 (PT, 1 slice)',
    );
  });

  it.each([
    ['1.2', 2],
    ['thorax LUNG', 2],
    ['soft', 3],
    ['pt', 1],
  ])('are chosen by %s', async (series, slices) => {
    expect((await readVolume(folder, { series })).size[2]).toBe(slices);
    expect(await readDicomParts(folder, { series })).toHaveLength(slices);
  });

  it.each([
    ['CT', 'must choose one series, but "CT" fits several, got 1.1 (CT, "Thorax soft", 3 slices) and 1.2 (CT, '],
    ['thorax', '"thorax" fits several'],
    ['MR', 'must have the series "MR", got 1.1 (CT'],
    ['1.', 'must have the series "1.", got'],
    ['', 'must have the series ""'],
  ])('are not chosen by %j', async (series, message) => {
    await expect(readVolume(folder, { series })).rejects.toThrow(FormatError);
    await expect(readVolume(folder, { series })).rejects.toThrow(message);
  });
});

describe('matchSeries', () => {
  it('prefers a UID, then a whole description, to a part of one', () => {
    const series = (uid: string, description: string, modality = 'MR') => ({ uid, description, modality, slices: 1 });
    const list = [series('1', 'T1'), series('2', 'T1 post'), series('3', 'CT localizer'), series('4', 'x', 'CT')];
    expect(matchSeries(list, 't1').map(({ uid }) => uid)).toEqual(['1']);
    expect(matchSeries(list, 'T1 p').map(({ uid }) => uid)).toEqual(['2']);
    expect(matchSeries(list, 'ct').map(({ uid }) => uid)).toEqual(['3', '4']);
    expect(matchSeries(list, '2').map(({ uid }) => uid)).toEqual(['2']);
  });
});

describe('links in a folder of a series', () => {
  it('are followed, and none is left out', async () => {
    await put('1.1', [0, 1, 2]);
    const linked = join(folder, 'linked');
    await symlink(folder, linked); // a link to a folder is no slice
    for (const n of [3, 4]) {
      const away = join(await mkdtemp(join(tmpdir(), 'image-io-')), 'slice');
      await writeFile(away, withMark(image([0x0020000e, 'UI', '1.1'], [0x00200032, 'DS', `0\\0\\${n}`])));
      await symlink(away, join(folder, `link-${n}`));
    }
    expect((await readVolume(folder)).size).toEqual([3, 2, 5]);
    expect((await listDicomSeries(linked))[0]!.slices).toBe(5);
    expect(await readDicomParts(linked)).toHaveLength(5);
    await symlink(join(folder, 'gone'), join(folder, 'link-5'));
    for (const read of [readVolume, listDicomSeries, readDicomParts])
      await expect(read(folder)).rejects.toThrow(`${join(folder, 'link-5')}: a link must lead to a file`);
  });
});

describe('slices missing at an end', () => {
  const remarks = async (): Promise<readonly string[] | undefined> => (await readVolume(folder)).remarks;
  const numbered = (n: number): Element => [0x00200013, 'IS', `${n}`];

  it('are remarked on where the files tell of more images', async () => {
    await put('1.1', [0, 1, 2], [0x00201002, 'IS', '5']);
    expect(await remarks()).toEqual([
      'slices may be missing at an end of the series: it has 3 of the 5 images that its files tell of',
    ]);
  });

  it.each([
    [[1, 2, 3], undefined],
    [[0, 1, 2], undefined],
    [[7, 3, 5], undefined],
    [[5, 4, 3], 'slices may be missing at an end of the series: its instance numbers begin at 3'],
  ])('are remarked on by instance numbers %j', async (numbers, remark) => {
    for (const [k, n] of numbers.entries())
      await writeFile(join(folder, `${k}`), withMark(image([0x00200032, 'DS', `0\\0\\${k}`], numbered(n))));
    expect(await remarks()).toEqual(remark === undefined ? undefined : [remark]);
  });

  it('are not remarked on in a single image, or without numbers', async () => {
    await writeFile(join(folder, 'a'), withMark(image(numbered(12))));
    expect(await remarks()).toBeUndefined();
    await writeFile(join(folder, 'a'), elements(image()));
    expect(await remarks()).toBeUndefined();
  });
});
