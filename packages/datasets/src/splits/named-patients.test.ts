import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Case, NamedPatients } from '../case.ts';
import { DataError } from '../data-error.ts';
import { listFolder } from '../layouts/folder.ts';
import { listIsic } from '../layouts/isic.ts';
import { listLgg } from '../layouts/lgg.ts';
import { listManifest } from '../layouts/manifest.ts';
import { listRefuge } from '../layouts/refuge.ts';
import { listThyroid } from '../layouts/thyroid.ts';
import { checkCases } from '../reading/check-cases.ts';
import { files, folderWith, mask, tif } from '../temporary-folder.fixture.ts';
import { readSplit } from './read-split.ts';
import { splitByPatient } from './split.ts';

const casesOf = (...patients: string[]): Case[] =>
  patients.map((patient, i) => ({
    id: `scan ${i}`,
    patient,
    images: [`${i}.tif`],
    masks: [{ path: `${i}_mask.tif` }],
  }));

const split = (cases: Case[], named: NamedPatients) => (): unknown => splitByPatient(cases, named);

describe('names of patients that are not in the data', () => {
  const cases = casesOf('P1', 'P2', 'P3', 'P10');

  it.each<[string, NamedPatients, string]>([
    [
      'one that matches nothing beside one that does',
      { validationPatients: ['P1', 'x'] },
      'must be in the data, got x;',
    ],
    ['a test patient', { testPatients: ['P1', 'x'] }, 'got x; its patients are P1, P10, P2, P3'],
    ['another case', { validationPatients: ['p1'] }, 'got p1 (perhaps P1)'],
    ['an ending', { validationPatients: ['P1.nii.gz', 'P2.PNG'] }, 'got P1.nii.gz (perhaps P1), P2.PNG (perhaps P2)'],
    ['spaces', { validationPatients: [' P1 ', 'P2'] }, 'got " P1 " (perhaps P1);'],
    ['a folder', { validationPatients: ['data/P10'] }, 'got data/P10 (perhaps P10);'],
    ['an image', { validationPatients: ['scan 2'] }, 'got scan 2 (an image of patient P3);'],
    [
      'many names',
      { validationPatients: ['a', 'b', 'c', 'd', 'P1'], testPatients: ['e', 'f', 'g'] },
      'got a, b, c, d, e and 2 more;',
    ],
    ['no name at all', { validationPatients: ['', 'P1'] }, 'got "";'],
    ['one to train on', { trainPatients: ['P1', 'P2', 'P3', 'P10', 'x'], testPatients: [] }, 'got x;'],
  ])('refuses %s', (_, named, message) => {
    expect(split(cases, named)).toThrow(RangeError);
    expect(split(cases, named)).toThrow(message);
    expect(split(cases, { ...named, source: 'split.json' })).toThrow(DataError);
    expect(split(cases, { ...named, source: 'split.json' })).toThrow('split.json: named patients');
  });

  it('takes those whose files were left out, unless no patient of a part is left', () => {
    const problems = [{ file: 'x.tif', rule: 'broken', patient: 'x' }];
    const { train, validation } = splitByPatient(cases, { validationPatients: ['P1', 'x'], problems });
    expect([train.length, validation.map((c) => c.patient)]).toEqual([3, ['P1']]);
    expect(() => splitByPatient(cases, { validationPatients: ['x'], problems })).toThrow(
      'a patient named for validation must have files that can be used, got none for x',
    );
  });

  it('wants every patient named where those to train on are', () => {
    expect(split(cases, { trainPatients: ['P1', 'P2'], testPatients: ['P3'] })).toThrow('it lacks P10');
    const whole = splitByPatient(cases, { trainPatients: ['P1', 'P2', 'P10'], testPatients: ['P3'] });
    expect([whole.train.length, whole.test.length]).toEqual([3, 1]);
    expect(split(cases, { trainPatients: ['P1', 'P2', 'P3', 'P10'], testPatients: ['P3'] })).toThrow(
      'a patient is in one part only, got P3 for train and test',
    );
  });
});

describe('files that split a data set', () => {
  const pair = (name: string): Record<string, string> => files(`images/${name}.png`, `masks/${name}.png`);
  const refusal = async (contents: Record<string, string>): Promise<string> => {
    const dir = await folderWith({ ...pair('A'), ...pair('B'), ...pair('C'), ...contents });
    try {
      splitByPatient((await listFolder(dir)).cases, await readSplit(dir));
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      return (error as Error).message.replaceAll(`${dir}/`, '');
    }
    return 'none';
  };

  it.each([
    [
      'split.json',
      '{"validation_patients": ["A", "b"]}',
      'split.json: named patients must be in the data, got b (perhaps B)',
    ],
    [
      'split.json',
      '{"validation_patients": ["A"], "test_patients": ["D"]}',
      'split.json: named patients must be in the data, got D;',
    ],
    ['split.json', '{"validation_patients": ["A"], "test_patient": ["B"]}', 'got "test_patient"'],
    [
      'split.json',
      '{"validation_patients": ["A"], "train_patients": ["B"]}',
      'split.json: a split that names the patients to train on must name every patient, it lacks C',
    ],
    [
      'validation_ids.json',
      '["A.nii.gz"]',
      'validation_ids.json: named patients must be in the data, got A.nii.gz (perhaps A)',
    ],
    [
      'split.csv',
      'patient,split\nA,train\nB,val\nC,test\nD,train\n',
      'split.csv: named patients must be in the data, got D;',
    ],
    [
      'split.csv',
      'patient,split\nA,train\nB,test\n',
      'split.csv: a split that names the patients to train on must name every patient, it lacks C',
    ],
    [
      'split.csv',
      'patient,split\nA,train\nB,test\nC,train\nA,test\n',
      'split.csv: a patient is in one part only, got A for train in line 2 and for test in line 5',
    ],
    ['split.csv', 'patient,split\nA,validation\n', 'none'],
    ['split.csv', 'patient,split\nA,Train\nB,testing\nC,valid\n', 'none'],
    ['split.csv', 'A,train\nB,test\nC,val\n', 'none'],
    ['split.csv', 'image;set\nA;train\nB;test\nC;val\n', 'none'],
    [
      'split.csv',
      'image,split\nA.png,train\nB.png,test\nC.png,val\n',
      'got A.png (perhaps A), C.png (perhaps C), B.png (perhaps B)',
    ],
    [
      'split.csv',
      'person,split\nA,train\n',
      'split.csv: its first line must be the headings patient,split, got "person,split"',
    ],
    ['split.csv', 'patient,split\nA,holdout\n', 'got "holdout" in line 2'],
    ['split.csv', 'patient,split\nA\n', 'a line must be patient,split, got "A" in line 2'],
    ['split.json', '{"train": ["A"], "validation": ["B"], "test": ["C"]}', 'none'],
    ['split.json', '{"train": ["A"], "val": ["B"], "test": ["C"]}', 'none'],
    ['split.json', '{"train": ["A"], "val": ["B"], "test": ["D"]}', 'must be in the data, got D;'],
    ['split.json', '{"train": ["A"], "val": ["B"]}', 'it lacks C'],
    ['split.json', '{"train": ["A", "B"], "val": ["B"], "test": ["C"]}', 'got B for train and validation'],
    ['split.json', '{"val": ["A"], "validation": ["B"]}', 'the patients of a part once, got val and validation'],
    ['split.json', '{"val": [{"image": "A"}]}', 'got "val" of another form'],
    ['split.json', '{"train": ["A", "B"], "test": ["C"]}', 'must have "validation_patients"'],
  ])('%s: %s', async (name, content, message) => {
    expect(await refusal({ [name]: content })).toContain(message);
  });

  it('must be the only one', async () => {
    const message = await refusal({
      'split.json': '{"validation_patients": ["A"]}',
      'split.csv': 'patient,split\nA,test\n',
    });
    expect(message).toBe('split.csv: a data set must have one file that splits it, found split.json too');
  });

  it('lies beside a manifest', async () => {
    const dir = await folderWith({ 'a.csv': '', 'split.json': '{"validation_patients": ["A"]}' });
    expect((await readSplit(join(dir, 'a.csv'))).validationPatients).toEqual(['A']);
  });
});

describe('patients whose files are bad', () => {
  const half = (name: string): Record<string, string> => files(`images/${name}.png`);
  it.each([
    ['lgg', listLgg, files('kaggle_3m/P1/P1_1.tif', 'kaggle_3m/P1/P1_1_mask.tif', 'kaggle_3m/P2/P2_1.tif'), 'P2'],
    ['folder', listFolder, { ...half('a'), ...files('masks/b.png'), 'patients.csv': 'id,patient\na,Ann\n' }, 'Ann'],
    ['isic', listIsic, { ...files('images/ISIC_1.jpg', 'masks/ISIC_2_segmentation.png') }, 'ISIC_1'],
    ['refuge', listRefuge, files('Test/g1.jpg', 'Test/gts/g2.bmp'), 'g1'],
    ['thyroid', listThyroid, files('test-image/1.jpg', 'test-mask/2.jpg'), 'test-image_1'],
    ['manifest', listManifest, { 'list.csv': 'id,patient,image,mask\na,P7,a.png,a.png\n' }, 'P7'],
  ] as const)('are known of the %s layout', async (_, list, contents, patient) => {
    const { problems } = await list(await folderWith(contents));
    expect(problems.map((problem) => problem.patient)).toContain(patient);
  });

  it('are known after the check of the files', async () => {
    const dir = await folderWith({
      'images/a.tif': tif(4, 4, 1),
      'masks/a.tif': mask(4, 4),
      'images/b.tif': 'no image',
      'masks/b.tif': mask(4, 4),
      'split.json': '{"validation_patients": ["b"]}',
    });
    const { cases, problems } = await checkCases(await listFolder(dir));
    expect(problems.map(({ patient }) => patient)).toEqual(['b']);
    expect(await readSplit(dir)).toMatchObject({ validationPatients: ['b'] });
    expect(() => splitByPatient(cases, { testPatients: ['b'], problems })).toThrow('got none for b');
  });
});

describe('parts of a data set', () => {
  const rows = (...lines: string[]): Promise<string> =>
    folderWith({ ...files('x.png'), 'list.csv': `id,patient,image,mask,split\n${lines.join('\n')}\n` });

  it('have every patient once, and say whom they had twice', async () => {
    const { split, remarks } = await listManifest(
      await rows('a,P1,x.png,x.png,train', 'b,P1,x.png,x.png,test', 'c,P2,x.png,x.png,test'),
    );
    expect(split).toEqual({ validationPatients: [], testPatients: ['P2'] });
    expect(remarks?.map(({ text }) => text)).toEqual([
      'patients with images in several parts are in the first of train, validation and test: P1',
    ]);
  });

  it('keep what a list marks as test where it marks nothing else', async () => {
    const { split, remarks } = await listManifest(await rows('a,P1,x.png,x.png,', 'b,P2,x.png,x.png,test'));
    expect(split).toEqual({ validationPatients: [], testPatients: ['P2'] });
    expect(remarks?.map(({ text }) => text)).toEqual(['images that are in no part are trained on: a']);
    const all = await listManifest(await rows('a,P1,x.png,x.png,test', 'b,P2,x.png,x.png,test'));
    expect(() => splitByPatient(all.cases, all.split)).toThrow('at least one patient must be left to train on');
  });

  it('say so where folders make but one part, which is split anew', async () => {
    const { split, remarks } = await listRefuge(await folderWith(files('Test/g1.jpg', 'Test/gts/g1.bmp')));
    expect(split).toBeUndefined();
    expect(remarks?.map(({ text }) => text)).toContain(
      'all images are of the test part; train splits them anew by patient',
    );
  });
});

it.each([
  ['split.csv', ''],
  ['split.csv', 'patient,split\n'],
  ['validation_ids.json', '[]'],
  ['split.json', '{"validation_patients": []}'],
])('a file that names nobody is no split: %s, %j', async (name, content) => {
  const dir = await folderWith({ [name]: content });
  await expect(readSplit(dir)).rejects.toThrow(
    `${join(dir, name)}: a file that splits a data set must name patients, got none`,
  );
});
