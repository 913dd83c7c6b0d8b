import { join } from 'node:path';
import { createVolume, encodeNifti } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { classMap, parseClasses } from '../class-map.ts';
import { openCases } from '../loading/case-source.ts';
import { caseTruth } from '../reading/case-truth.ts';
import { checkCases } from '../reading/check-cases.ts';
import { readCase } from '../reading/read-case.ts';
import { files, folderWith } from '../temporary-folder.fixture.ts';
import { LAYOUTS } from './layouts.ts';

const volume = (data: number[]): Uint8Array =>
  encodeNifti(createVolume({ size: [data.length, 1, 1], data: Int16Array.from(data) }), { gzip: true });
const list = LAYOUTS.totalsegmentator;

const tree = {
  's0001/ct.nii.gz': volume([-1000, 0, 40, 60]),
  's0001/segmentations/liver.nii.gz': volume([0, 1, 0, 0]),
  's0001/segmentations/spleen.nii.gz': volume([0, 0, 1, 1]),
  's0002/ct.nii.gz': volume([-1000, 1, 2, 3]),
  's0002/segmentations/liver.nii.gz': volume([1, 1, 1, 0]),
  's0002/segmentations/spleen.nii.gz': volume([0, 0, 0, 0]),
  'meta.csv': '\uFEFFimage_id;age;gender;split\ns0001;70;m;train\ns0002;65;f;val\ns0003;1;f;test\n',
};

describe('the TotalSegmentator layout', () => {
  it('makes one mask of the files of all classes, with the parts of meta.csv', async () => {
    const dir = await folderWith(tree);
    const listing = await list(dir);
    expect(listing).toMatchObject({
      problems: [],
      classes: { names: ['liver', 'spleen'], values: [[1], [2]], exclusive: true },
      normalization: { mode: 'ct' },
      split: { validationPatients: ['s0002'], testPatients: [] },
    });
    const { cases, problems, remarks } = await checkCases(listing, { duplicates: false });
    expect({ problems, remarks }).toEqual({ problems: [] });
    expect(cases.map((c) => [c.id, c.patient, c.images[0], c.facts!.foreground])).toEqual([
      ['s0001', 's0001', join(dir, 's0001', 'ct.nii.gz'), [1, 2]],
      ['s0002', 's0002', join(dir, 's0002', 'ct.nii.gz'), [3, 0]],
    ]);
    expect(caseTruth(await readCase(cases[0]!), cases[0]!).map((mask) => [...mask])).toEqual([
      [0, 1, 0, 0],
      [0, 0, 1, 1],
    ]);
    const { mask } = await openCases(cases, { imageSize: [1, 4], view: { plane: 'k' } }).sample(0);
    expect([...mask]).toEqual([0, 0, 1, 0, 0, 1, 0, 1]);
  });

  it('takes the classes that are chosen, with their values, and leaves the other files alone', async () => {
    const dir = await folderWith({ ...tree, 's0001/segmentations/spleen.nii.gz': 'broken' });
    const { cases, problems } = await checkCases(await list(dir, { classes: parseClasses('liver=5') }));
    expect(problems).toEqual([]);
    expect(cases.map((c) => [c.classes!.values, c.facts!.foreground])).toEqual([
      [[[5]], [1]],
      [[[5]], [3]],
    ]);
  });

  it('gives the voxels of two files to the later class, in words', async () => {
    const dir = await folderWith({
      'a/mri.nii.gz': volume([1, 2, 3]),
      'a/segmentations/liver.nii.gz': volume([1, 1, 0]),
      'a/segmentations/lesion.nii.gz': volume([0, 1, 0]),
    });
    const { cases, remarks, normalization } = await checkCases(
      await list(dir, { classes: classMap({ liver: 1, lesion: 2 }) }),
    );
    expect(cases[0]!.facts!.foreground).toEqual([1, 1]);
    expect(normalization).toEqual({ mode: 'mri' });
    expect(remarks).toEqual([
      {
        file: join(dir, 'a', 'mri.nii.gz'),
        text: 'its masks give some pixels to several classes: the last of them has each',
      },
    ]);
  });

  it('asks which of more than 31 classes', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `s1/segmentations/vertebra_${i + 1}.nii.gz`);
    const dir = await folderWith(files('s1/ct.nii.gz', ...names));
    expect(await list(dir)).toEqual({
      cases: [],
      problems: [
        {
          file: dir,
          rule: 'a data set may have 31 classes, found 40; name those to use as classes, such as vertebra_1=1,vertebra_2=2',
        },
      ],
    });
    const chosen = await list(dir, { classes: parseClasses('vertebra_3=1,vertebra_12=2') });
    expect(chosen.cases[0]!.masks.map(({ ofClass }) => ofClass)).toEqual(['vertebra_3', 'vertebra_12']);
  });

  it('names what is missing or cannot be', async () => {
    const dir = await folderWith(
      files(
        'set/a/ct.nii.gz',
        'set/a/segmentations/liver.nii.gz',
        'set/b/ct.nii.gz',
        'set/b/segmentations/spleen.nii.gz',
        'set/c/ct.nii.gz',
        'set/c/segmentations/notes.txt',
      ),
    );
    const { cases, problems } = await list(dir);
    expect(cases).toEqual([]);
    expect(problems).toEqual([
      { file: join(dir, 'set/c/segmentations'), rule: 'a subject must have a file of each class, found none' },
      { file: join(dir, 'set/a/segmentations'), rule: 'a subject must have a file of each class, found no spleen' },
      { file: join(dir, 'set/b/segmentations'), rule: 'a subject must have a file of each class, found no liver' },
    ]);
    await expect(list(dir, { classes: classMap({ livr: 1 }) })).rejects.toThrow(
      'classes must be names of files in segmentations/, got livr',
    );
    await expect(list(dir, { classes: classMap({ liver: [1, 2] }) })).rejects.toThrow(
      'a class that is a file must have one value, got 1+2 for liver',
    );
    expect((await list(await folderWith(files('a.png')))).problems[0]!.rule).toContain('needs folders with ct.nii.gz');
    const bad = await folderWith({ ...tree, 'meta.csv': 'image_id;split\ns0001;fold7\n' });
    await expect(list(bad)).rejects.toThrow('split must be train, val or test, got "fold7" in line 2');
  });
});
