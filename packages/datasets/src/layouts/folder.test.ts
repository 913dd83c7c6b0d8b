import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith } from '../temporary-folder.fixture.ts';
import { listFolder } from './folder.ts';
import { LAYOUTS } from './layouts.ts';

const files = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, '']));

describe('listFolder', () => {
  it('pairs by base name, with other endings and the usual suffixes', async () => {
    const dir = await folderWith(
      files(
        'images/10.png',
        'images/9.tif',
        'images/a.png',
        'images/.DS_Store',
        'images/README.md',
        'masks/10.tif',
        'masks/9_mask.png',
        'masks/a_segmentation.png',
      ),
    );
    const { cases, problems } = await LAYOUTS.folder(dir);
    expect(problems).toEqual([]);
    expect(cases.map((c) => [c.id, c.patient, c.masks[0]!.path])).toEqual([
      ['9', '9', join(dir, 'masks', '9_mask.png')],
      ['10', '10', join(dir, 'masks', '10.tif')],
      ['a', 'a', join(dir, 'masks', 'a_segmentation.png')],
    ]);
  });

  it('lists JPEG and BMP like any other image, whatever the case of the ending', async () => {
    const dir = await folderWith(
      files('images/a.jpg', 'images/b.BMP', 'images/c.JPEG', 'masks/a_segmentation.png', 'masks/b.png', 'masks/c.jpg'),
    );
    const { cases, problems } = await listFolder(dir);
    expect(problems).toEqual([]);
    expect(cases.map((c) => c.id)).toEqual(['a', 'b', 'c']);
  });

  it('takes patients from patients.csv before the pattern', async () => {
    const images = files('images/x_1.png', 'images/x_2.png', 'masks/x_1.png', 'masks/x_2.png');
    const plain = await folderWith(images);
    expect((await listFolder(plain, { patientPattern: /^(\w+)_\d+$/ })).cases.map((c) => c.patient)).toEqual([
      'x',
      'x',
    ]);
    const listed = await folderWith({ ...images, 'patients.csv': '\uFEFFid,patient\r\nx_1,"Anna"\r\nx_2,Berta\r\n' });
    expect((await listFolder(listed, { patientPattern: /^(\w+)_\d+$/ })).cases.map((c) => c.patient)).toEqual([
      'Anna',
      'Berta',
    ]);
  });

  it('names every image whose patient is not known, so that none leaks between splits', async () => {
    const dir = await folderWith({
      ...files('images/a.png', 'images/b.png', 'masks/a.png', 'masks/b.png'),
      'patients.csv': 'a,P\nb\n',
    });
    const { cases, problems } = await listFolder(dir);
    expect(cases.map((c) => c.id)).toEqual(['a']);
    expect(problems.map((p) => p.rule)).toEqual([
      'a line must be id,patient, got "b" in line 2',
      'patients.csv must have a line for every image, got none for b',
    ]);
    const other = await listFolder(await folderWith(files('images/a.png', 'masks/a.png')), {
      patientPattern: /^(\d+)_/,
    });
    expect(other.problems[0]!.rule).toBe(
      "the patient pattern /^(\\d+)_/ must match every image's name, got none for a",
    );
  });

  it('names a mask without its image, an image without its mask, and two files of one name', async () => {
    const dir = await folderWith(files('images/a.png', 'images/b.png', 'images/b.tif', 'masks/b.png', 'masks/c.png'));
    const { cases, problems } = await listFolder(dir);
    expect(cases.map((c) => c.id)).toEqual(['b']);
    expect(problems).toEqual([
      { file: join(dir, 'images', 'b.tif'), rule: 'a folder must have one file of a base name, found b.png too' },
      {
        file: join(dir, 'images', 'a.png'),
        patient: 'a',
        rule: 'an image must have its mask in masks/, found no a, a_mask, a_segmentation, a_label or a_seg',
      },
      { file: join(dir, 'masks', 'c.png'), rule: 'a mask must have its image in images/, found none of its name' },
    ]);
  });

  it('remarks on other folders with images, which it leaves out', async () => {
    const dir = await folderWith(files('images/a.png', 'mask/a.png', 'other/a.png', 'docs/a.txt'));
    expect((await listFolder(dir)).remarks).toContainEqual({
      file: join(dir, 'other'),
      text: 'is left out: of this folder images/ and mask/ are read',
    });
    expect((await listFolder(dir)).remarks!.filter(({ file }) => file.includes('docs'))).toEqual([]);
  });

  it('names a missing and an empty folder', async () => {
    const dir = await folderWith(files('images/a.png'));
    expect((await listFolder(dir)).problems).toEqual([
      { file: join(dir, 'masks'), rule: 'paired folders need images/ and masks/, found no masks/' },
    ]);
    const empty = await folderWith(files('images/.keep', 'masks/.keep'));
    expect((await listFolder(empty)).problems).toEqual([
      { file: empty, rule: 'paired folders need images in images/, found none' },
    ]);
  });
});
