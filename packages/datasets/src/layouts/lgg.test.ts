import { join } from 'node:path';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { readSplit } from '../splits/read-split.ts';
import { splitByPatient } from '../splits/split.ts';
import { folderWith } from '../temporary-folder.fixture.ts';
import { listLgg } from './lgg.ts';

const files = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, '']));
const pair = (patient: string, slice: number): string[] => [
  `kaggle_3m/${patient}/${patient}_${slice}.tif`,
  `kaggle_3m/${patient}/${patient}_${slice}_mask.tif`,
];

describe('listLgg', () => {
  it('pairs slices in the order of their numbers, from the folder or from kaggle_3m itself', async () => {
    const dir = await folderWith({
      ...files(
        ...pair('B', 10),
        ...pair('B', 9),
        ...pair('A', 2),
        'kaggle_3m/data.csv',
        'kaggle_3m/B/notes.txt',
        'kaggle_3m/.hidden/x.tif',
      ),
    });
    const listing = await listLgg(dir);
    expect(listing.cases.map((c) => c.id)).toEqual(['A_2', 'B_9', 'B_10']);
    expect(listing.cases[1]).toEqual({
      id: 'B_9',
      patient: 'B',
      images: [join(dir, 'kaggle_3m', 'B', 'B_9.tif')],
      masks: [{ path: join(dir, 'kaggle_3m', 'B', 'B_9_mask.tif') }],
    });
    expect(listing.problems).toEqual([]);
    expect(await listLgg(join(dir, 'kaggle_3m'))).toEqual(listing);
  });

  it('names a mask without its image and an image without its mask', async () => {
    const dir = await folderWith(files(...pair('A', 1), 'kaggle_3m/A/A_2.tif', 'kaggle_3m/A/A_3_mask.tif'));
    const { cases, problems } = await listLgg(dir);
    expect(cases.map((c) => c.id)).toEqual(['A_1']);
    expect(problems).toEqual([
      {
        file: join(dir, 'kaggle_3m', 'A', 'A_2.tif'),
        patient: 'A',
        rule: 'an image must have its mask beside it, found no A_2_mask.tif',
      },
      {
        file: join(dir, 'kaggle_3m', 'A', 'A_3_mask.tif'),
        patient: 'A',
        rule: 'a mask must have its image beside it, found no A_3.tif',
      },
    ]);
  });

  it('names an empty folder and one that is not there', async () => {
    const dir = await folderWith({});
    expect((await listLgg(dir)).problems).toEqual([
      { file: dir, rule: 'the LGG layout needs kaggle_3m/<patient>/<patient>_<slice>.tif files, found none' },
    ]);
    expect((await listLgg(join(dir, 'no'))).problems).toEqual([
      { file: join(dir, 'no'), rule: 'the data folder must exist' },
    ]);
  });
});

describe('readSplit', () => {
  const split = JSON.stringify({ validation_patients: ['B'], note: 'x' });

  it('finds split.json in the folder and beside kaggle_3m', async () => {
    const dir = await folderWith({ ...files(...pair('A', 1), ...pair('B', 1)), 'split.json': split });
    const named = { validationPatients: ['B'], source: join(dir, 'split.json') };
    expect(await readSplit(dir)).toEqual(named);
    expect(await readSplit(join(dir, 'kaggle_3m'))).toEqual(named);
    const { train, validation, test } = splitByPatient((await listLgg(dir)).cases, await readSplit(dir));
    expect([train, validation, test].map((part) => part.map((c) => c.patient))).toEqual([['A'], ['B'], []]);
  });

  it('gives nothing when there is no such file, and names one that is broken', async () => {
    expect(await readSplit(await folderWith({}))).toEqual({});
    const broken = await folderWith({ 'split.json': '{' });
    await expect(readSplit(broken)).rejects.toThrow(
      `${join(broken, 'split.json')}: a file of the data set must be JSON`,
    );
    const wrong = await folderWith({ 'split.json': '{"validation_patients": [1]}' });
    await expect(readSplit(wrong)).rejects.toThrow('must have "validation_patients", a list of names');
  });
});

const isMissing = lacksShared('data');

describe.skipIf(isMissing)('the real LGG folders', () => {
  it.each([
    ['lgg64', 966, 126],
    ['lgg', 52, 22],
  ])('%s has the split that it names', async (name, train, validation) => {
    const dir = sharedPath('data', name);
    const { cases, problems } = await listLgg(dir);
    expect(problems).toEqual([]);
    const split = splitByPatient(cases, await readSplit(dir));
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([train, validation, 0]);
  });
});
