import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSplit } from '../splits/read-split.ts';
import { splitByPatient } from '../splits/split.ts';
import { files, folderWith } from '../temporary-folder.fixture.ts';
import { LAYOUTS } from './layouts.ts';

const part = (name: string, first: number): string[] =>
  [first, first + 1].flatMap((number) => {
    const id = String(number).padStart(2, '0');
    return [`images/${id}_${name}.tif`, `1st_manual/${id}_manual1.gif`, `mask/${id}_${name}_mask.gif`];
  });
const isFieldOfView = "is read as DRIVE's field of view, and left out: the masks are in 1st_manual/";

describe('DRIVE', () => {
  it('has its masks in 1st_manual/, and not in mask/', async () => {
    const dir = await folderWith(files(...part('training', 21)));
    const { cases, problems, remarks } = await LAYOUTS.folder(dir);
    expect(problems).toEqual([]);
    expect(cases.map(({ id, masks }) => [id, masks])).toEqual([
      ['21_training', [{ path: join(dir, '1st_manual', '21_manual1.gif') }]],
      ['22_training', [{ path: join(dir, '1st_manual', '22_manual1.gif') }]],
    ]);
    expect(remarks).toContainEqual({ file: join(dir, 'mask'), text: isFieldOfView });
  });

  it('names the second observer as left out, and an image without a mask', async () => {
    const dir = await folderWith(files(...part('test', 1), '2nd_manual/01_manual2.gif', 'images/03_test.tif'));
    const { problems, remarks } = await LAYOUTS.folder(dir);
    expect(problems.map(({ file }) => file)).toEqual([join(dir, 'images', '03_test.tif')]);
    expect(remarks).toContainEqual({
      file: join(dir, '2nd_manual'),
      text: 'is left out: of this folder images/ and 1st_manual/ are read',
    });
  });

  it('has a test part, where both folders are there', async () => {
    const names = [
      ...part('training', 21).map((name) => `training/${name}`),
      ...part('test', 1).map((name) => `test/${name}`),
    ];
    const dir = await folderWith(files(...names));
    const { cases, problems, split } = await LAYOUTS.folder(dir);
    expect(problems).toEqual([]);
    const parts = splitByPatient(cases, { validation: 0, ...split, ...(await readSplit(dir)) });
    expect(parts.test.map(({ id }) => id)).toEqual(['01_test', '02_test']);
    expect(parts.train.map(({ id }) => id)).toEqual(['21_training', '22_training']);
    const half = await LAYOUTS.folder(await folderWith(files(...names.filter((name) => !name.includes('test/1st')))));
    expect(half.cases.map(({ id }) => id)).toEqual(['21_training', '22_training']);
  });

  it('is told from a folder of masks that only is called mask', async () => {
    const { cases, remarks } = await LAYOUTS.folder(await folderWith(files('images/a.png', 'mask/a.png')));
    expect(cases).toHaveLength(1);
    expect((remarks ?? []).filter(({ text }) => text === isFieldOfView)).toEqual([]);
  });
});
