import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { classMap } from '../class-map.ts';
import { caseIgnored, caseTruth } from '../reading/case-truth.ts';
import { checkCases } from '../reading/check-cases.ts';
import { ignoredRemark } from '../reading/ignored-remark.ts';
import { ofFiles } from '../reading/of-files.fixture.ts';
import { readCase } from '../reading/read-case.ts';
import { labelsOf } from '../slicing/label-map.ts';
import { files, folderWith, png } from '../temporary-folder.fixture.ts';
import { LAYOUTS } from './layouts.ts';
import { byLowerCase, maskOwnerInAnyCase } from './mask-names.ts';

const gray = (...values: number[]): Uint8Array => png(values.length, 1, 1, Uint8Array.from(values));
const list = LAYOUTS.nnunet;
const version2 = { channel_names: { 0: 'T1', 1: 'FLAIR' }, numTraining: 1, file_ending: '.png' };
const json = (parts: object): string => JSON.stringify({ ...version2, labels: { background: 0, lesion: 1 }, ...parts });

describe('the raw data sets of nnU-Net', () => {
  it('are read with their channels, and labels by name', async () => {
    const dir = await folderWith({
      'imagesTr/a_001_0000.png': gray(1, 2),
      'imagesTr/a_001_0001.png': gray(3, 4),
      'imagesTr/readme.txt': 'x',
      'labelsTr/a_001.png': gray(2, 0),
      'imagesTs/b_0000.png': gray(1, 2),
      'dataset.json': json({ labels: { background: 0, tumour: 2, edema: 1 } }),
    });
    const { cases, problems, classes, normalization } = await checkCases(await list(dir));
    expect({ problems, classes, normalization }).toEqual({
      problems: [],
      classes: { names: ['edema', 'tumour'], values: [[1], [2]], exclusive: true },
      normalization: { mode: 'mri' },
    });
    expect(cases.map((c) => [c.id, c.patient, c.facts!.foreground])).toEqual([['a_001', 'a_001', [0, 1]]]);
    expect([...(await readCase(cases[0]!)).scan.data]).toEqual([1, 3, 2, 4]);
  });

  it('are read in version 1, and called Decathlon, whose list names files that are there only as channels', async () => {
    const content = {
      ...files('imagesTr/x_0000.nii.gz', 'labelsTr/x.nii.gz', 'imagesTs/y_0000.nii.gz', 'labelsTs/y.nii.gz'),
      'dataset.json': JSON.stringify({
        modality: { 0: 'CT' },
        labels: { 0: 'background', 1: 'liver' },
        training: [{ image: './imagesTr/x.nii.gz', label: './labelsTr/x.nii.gz' }],
      }),
    };
    const dir = await folderWith(content);
    for (const layout of [list, LAYOUTS.decathlon]) {
      const listing = await layout(dir);
      expect(listing).toMatchObject({
        problems: [],
        normalization: { mode: 'ct' },
        split: { validationPatients: [], testPatients: ['y'] },
      });
      expect(listing.cases.map((c) => c.images)).toEqual([
        [join(dir, 'imagesTr', 'x_0000.nii.gz')],
        [join(dir, 'imagesTs', 'y_0000.nii.gz')],
      ]);
    }
  });

  it('may have one file per case without a number, no list, and the files in dataset.json', async () => {
    const plain = await folderWith({
      ...files('imagesTr/a.png', 'labelsTr/a.png'),
      'dataset.json': json({ channel_names: { 0: 'R', 1: 'G', 2: 'B' }, file_ending: '' }),
    });
    for (const layout of [list, LAYOUTS.decathlon]) {
      const { cases, problems, normalization } = await layout(plain);
      expect([cases.map((c) => c.images), problems, normalization]).toEqual([
        [[join(plain, 'imagesTr', 'a.png')]],
        [],
        { mode: 'photo' },
      ]);
    }
    const named = await folderWith({
      ...files('x/1.png', 'x/2.png', 'y/3.png'),
      'dataset.json': json({
        dataset: {
          case7: { images: ['x/1.png', 'x/2.png'], label: 'y/3.png' },
          case8: { images: [], label: 'y/3.png' },
          case9: { images: ['../1.png'], label: 'y/3.png' },
        },
      }),
    });
    const { cases, problems } = await list(named, { patientPattern: /^case(\d)/ });
    expect(cases.map((c) => [c.id, c.patient, c.images])).toEqual([
      ['case7', '7', [join(named, 'x', '1.png'), join(named, 'x', '2.png')]],
    ]);
    expect(problems.map(({ rule }) => rule)).toEqual([
      'an entry of "dataset" must have images and a label, got case8 without',
      'a file must lie inside of the data folder, got "../1.png"',
    ]);
  });

  it('have regions, whose labels are written as nnU-Net reads them', async () => {
    const labels = { background: 0, whole: [1, 2, 3], core: [2, 3], enhancing: 3 };
    const dir = await folderWith({
      'imagesTr/a_0000.png': gray(1, 2, 3, 4),
      'labelsTr/a.png': gray(0, 1, 2, 3),
      'dataset.json': json({ labels, regions_class_order: [1, 2, 3], channel_names: { 0: 'noNorm' } }),
    });
    const { cases, classes, normalization } = await checkCases(await list(dir));
    expect(classes).toEqual({
      names: ['whole', 'core', 'enhancing'],
      values: [[1, 2, 3], [2, 3], [3]],
      exclusive: false,
    });
    expect(cases[0]!.facts!.foreground).toEqual([3, 2, 1]);
    expect(normalization).toEqual({ mode: 'none' });
    const bits = (await readCase(cases[0]!)).masks[0]!.bits;
    const shares = [...bits].flatMap((pattern) => [0, 1, 2].map((k) => (pattern >>> k) & 1));
    expect([...labelsOf(shares, classes)]).toEqual([0, 1, 2, 3]);
  });

  it('may have pixels to ignore, which are neither class nor background', async () => {
    const dir = await folderWith({
      'imagesTr/a_0000.png': gray(1, 2, 3),
      'labelsTr/a.png': gray(0, 1, 2),
      'imagesTr/b_0000.png': gray(1, 2, 3),
      'labelsTr/b.png': gray(0, 1, 1),
      'imagesTr/c_0000.png': gray(1, 2, 3),
      'labelsTr/c.png': gray(2, 2, 2),
      'dataset.json': json({ labels: { background: 0, lesion: 1, ignore: 2 }, channel_names: { 0: 'CT' } }),
    });
    const { cases, problems, classes } = await checkCases(await list(dir));
    expect(classes).toEqual({ names: ['lesion'], values: [[1]], exclusive: true, ignore: [2] });
    expect(cases.map(({ id, facts }) => [id, facts!.foreground, facts!.ignored])).toEqual([
      ['a', [1], 1],
      ['b', [2], undefined],
    ]);
    expect(problems).toEqual([
      {
        file: join(dir, 'labelsTr', 'c.png'),
        patient: 'c',
        rule: 'a mask must have a pixel that counts, got the label to ignore, 2, in each',
      },
    ]);
    const a = await readCase(cases[0]!);
    expect(caseTruth(a, cases[0]!)).toEqual([Uint8Array.of(0, 1, 0)]);
    expect(caseIgnored(a, cases[0]!)).toEqual(Uint8Array.of(0, 0, 1));
    expect(ignoredRemark(cases)).toBe(
      '1 pixels (17 %) of 1 of 2 masks have the label to ignore: they count in no loss and no score',
    );
    // A run's classes may be older than the label.
    const old = await LAYOUTS.nnunet(dir, { classes: classMap({ lesion: 1 }) });
    expect(old.classes).toEqual(classes);
  });

  it('are named by layout where they are called paired folders', async () => {
    const dir = await folderWith(files('imagesTr/a_0000.png', 'labelsTr/a.png'));
    expect((await LAYOUTS.folder(dir)).problems[0]!.rule).toBe(
      'an image must have the name of its mask, got a_0000 for a; nnU-Net calls channels so, use the layout nnunet',
    );
  });

  it('name what is missing', async () => {
    const dir = await folderWith({
      ...files('imagesTr/a_0000.png', 'imagesTr/b_0000.png', 'imagesTr/b_0001.png', 'imagesTr/d_0000.png'),
      ...files('labelsTr/a.png', 'labelsTr/b.png', 'labelsTr/c.png'),
      'dataset.json': json({}),
    });
    const { cases, problems } = await list(dir);
    expect(cases.map((c) => c.id)).toEqual(['b']);
    expect(problems.map(({ rule }) => rule)).toEqual([
      'an image must have its label in labelsTr/, found no d',
      'a label must have its image in imagesTr/, found no c_0000',
      'a case must have a file per channel, 2 as in dataset.json, got 1 of a',
    ]);
    expect((await list(await folderWith(files('a.png')))).problems[0]!.rule).toContain(
      'needs dataset.json, found none; it says what',
    );
    const bare = await folderWith({ 'dataset.json': json({}) });
    expect((await list(bare)).problems[0]!.rule).toContain('needs imagesTr/ and labelsTr/, found no imagesTr/');
    const broken = await folderWith({ 'dataset.json': json({ labels: { a: [] } }) });
    await expect(list(broken)).rejects.toThrow('must have "labels"');
    const both = await folderWith({ 'dataset.json': json({ labels: { a: 1, ignore: 1 } }) });
    await expect(list(both)).rejects.toThrow('a value to ignore is neither a class nor background, got 1');
  });
});

describe('names that differ in the case of letters', () => {
  it('are paired, in words, unless two would do', async () => {
    const dir = await folderWith(
      files('images/Case1.PNG', 'images/b.png', 'masks/case1_Mask.png', 'masks/B_Rater1.png', 'masks/B_Rater2.png'),
    );
    const { cases, problems, remarks } = await LAYOUTS.folder(dir);
    expect(problems).toEqual([]);
    expect(cases.map((c) => [c.id, c.masks.map(({ annotator }) => annotator)])).toEqual([
      ['b', ['Rater1', 'Rater2']],
      ['Case1', [undefined]],
    ]);
    expect(remarks).toContainEqual({
      file: join(dir, 'masks', 'case1_Mask.png'),
      text: 'its name has other capital letters than that of its image',
    });
    // As a folder of names, since not every file system tells them apart.
    const images = byLowerCase(['a', 'A', 'b_1']);
    expect(maskOwnerInAnyCase('A_MASK', images)).toBeUndefined();
    expect(maskOwnerInAnyCase('B_1_Lesion2', images)).toEqual({ id: 'b_1', part: 'Lesion2' });
    expect(maskOwnerInAnyCase('c', images)).toBeUndefined();
  });

  it('are paired in class folders too', async () => {
    const dir = await folderWith(files('benign/Case1.PNG', 'benign/case1_Mask.png'));
    const { cases, problems, remarks } = await LAYOUTS['class-folders'](dir);
    expect([problems, cases.map((c) => c.id), ofFiles(remarks).length]).toEqual([[], ['Case1'], 1]);
  });
});
