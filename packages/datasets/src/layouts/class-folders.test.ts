import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkCases } from '../reading/check-cases.ts';
import { splitByPatient } from '../splits/split.ts';
import { files, folderWith, png } from '../temporary-folder.fixture.ts';
import { LAYOUTS } from './layouts.ts';

const gray = (...values: number[]): Uint8Array => png(values.length, 1, 1, Uint8Array.from(values));

describe('class folders', () => {
  it('are read as BUSI has them: parts of a mask united, the folder as stratum', async () => {
    const dir = await folderWith({
      'Dataset_BUSI_with_GT/benign/benign (1).png': gray(1, 2, 3),
      'Dataset_BUSI_with_GT/benign/benign (1)_mask.png': gray(255, 0, 0),
      'Dataset_BUSI_with_GT/benign/benign (1)_mask_1.png': gray(0, 255, 0),
      'Dataset_BUSI_with_GT/malignant/malignant (2).png': gray(1, 2, 3),
      'Dataset_BUSI_with_GT/malignant/malignant (2)_mask.png': gray(0, 255, 0),
      'Dataset_BUSI_with_GT/normal/normal (1).png': gray(1, 2, 3),
      'Dataset_BUSI_with_GT/normal/normal (1)_mask.png': gray(0, 0, 0),
    });
    const { cases, problems } = await checkCases(await LAYOUTS['class-folders'](dir));
    expect(problems).toEqual([]);
    expect(cases.map((c) => [c.id, c.patient, c.stratum, c.masks.length, c.facts!.foreground])).toEqual([
      ['benign (1)', 'benign (1)', 'benign', 2, [2]],
      ['malignant (2)', 'malignant (2)', 'malignant', 1, [1]],
      ['normal (1)', 'normal (1)', 'normal', 1, [0]],
    ]);
  });

  it('are spread evenly over the parts of a split', async () => {
    const names = ['benign', 'malignant'].flatMap((name) =>
      Array.from({ length: 10 }, (_, i) => [`${name}/${name}${i}x.png`, `${name}/${name}${i}x_mask.png`]).flat(),
    );
    const { cases } = await LAYOUTS['class-folders'](await folderWith(files(...names)));
    const { validation } = splitByPatient(cases, { validation: 0.2, test: 0.2, seed: 3, stratify: 'stratum' });
    expect(validation.map(({ stratum }) => stratum).sort()).toEqual(['benign', 'benign', 'malignant', 'malignant']);
  });

  it('give their names to images that are called the same in two of them', async () => {
    const dir = await folderWith(
      files('benign/1.png', 'benign/1_mask.png', 'malignant/1.jpg', 'malignant/1_segmentation.png'),
    );
    const { cases, problems } = await LAYOUTS['class-folders'](dir, { patientPattern: /_(\d+)$/ });
    expect(problems).toEqual([]);
    expect(cases.map((c) => [c.id, c.patient, c.stratum, c.masks[0]!.path])).toEqual([
      ['benign_1', '1', 'benign', join(dir, 'benign', '1_mask.png')],
      ['malignant_1', '1', 'malignant', join(dir, 'malignant', '1_segmentation.png')],
    ]);
  });

  it('called train and test are those parts, and classes are below them; a folder without classes is one too', async () => {
    const dir = await folderWith(
      files('train/testicular/a.png', 'train/testicular/a_mask.png', 'test/other/b.png', 'test/other/b_mask.png'),
    );
    const { cases, split } = await LAYOUTS['class-folders'](dir);
    expect(cases.map((c) => [c.id, c.stratum])).toEqual([
      ['a', 'testicular'],
      ['b', 'other'],
    ]);
    expect(split).toEqual({ validationPatients: [], testPatients: ['b'] });
    const flat = await LAYOUTS['class-folders'](await folderWith(files('a.png', 'a_rater1.png', 'a_rater2.png')));
    expect(flat.cases.map((c) => [c.id, c.stratum, c.masks.map(({ annotator }) => annotator)])).toEqual([
      ['a', undefined, ['rater1', 'rater2']],
    ]);
  });

  it('name what has no partner, and a folder without images', async () => {
    const dir = await folderWith(files('benign/a.png', 'benign/b_mask.png', 'malignant/b.png'));
    const { cases, problems } = await LAYOUTS['class-folders'](dir);
    expect(cases).toEqual([]);
    expect(problems).toEqual([
      {
        file: join(dir, 'benign', 'b_mask.png'),
        rule: 'a mask must have its image beside it, found none of its name',
      },
      {
        file: join(dir, 'benign', 'a.png'),
        patient: 'a',
        rule: 'an image must have its mask in its own folder, found no a, a_mask, a_segmentation, a_label or a_seg',
      },
      {
        file: join(dir, 'malignant', 'b.png'),
        patient: 'b',
        rule: 'an image must have its mask in its own folder, found no b, b_mask, b_segmentation, b_label or b_seg',
      },
    ]);
    expect((await LAYOUTS.folder(dir)).problems[0]!.rule).toBe(
      'paired folders need images/ and masks/, found no images/; masks that lie beside their images are read by the layout class-folders',
    );
    const empty = await folderWith({ 'notes.txt': 'x' });
    expect((await LAYOUTS['class-folders'](empty)).problems[0]!.rule).toContain('images with their masks beside them');
    expect((await LAYOUTS['class-folders'](join(empty, 'none'))).problems[0]!.rule).toBe('the data folder must exist');
  });
});
