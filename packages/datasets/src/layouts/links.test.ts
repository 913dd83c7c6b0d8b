import { mkdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkCases } from '../reading/check-cases.ts';
import { files, folderWith, mask, tif } from '../temporary-folder.fixture.ts';
import { LAYOUTS } from './layouts.ts';
import type { LayoutName } from './names.ts';

/** A folder of files, and one of links: path of a link by what it leads to, from its own folder or, after `/`, the other. */
async function linked(contents: Record<string, Uint8Array | string>, links: Record<string, string>): Promise<string> {
  const [away, dir] = [await folderWith(contents), await folderWith({})];
  for (const [name, target] of Object.entries(links)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await symlink(target.startsWith('/') ? join(away, target) : target, join(dir, name));
  }
  return dir;
}

const brats = ['t1', 't1ce', 't2', 'flair', 'seg'].map((kind) => `a_001/a_001_${kind}.nii`);

describe('links', () => {
  it.each<[LayoutName, Record<string, string>, Record<string, string>, string]>([
    ['lgg', files('P/P_1.tif', 'P/P_1_mask.tif'), { 'kaggle_3m/P': '/P' }, 'P_1'],
    ['lgg', files('a.tif', 'b.tif'), { 'P/P_1.tif': '/a.tif', 'P/P_1_mask.tif': '/b.tif' }, 'P_1'],
    ['folder', files('i/a.png', 'm/a.png'), { images: '/i', masks: '/m' }, 'a'],
    ['folder', files('i/a.png', 'm/a.png'), { 'images/b.png': '/i/a.png', 'masks/b.png': '/m/a.png' }, 'b'],
    ['isic', files('i/ISIC_1.jpg', 'm/ISIC_1_segmentation.png'), { images: '/i', masks: '/m' }, 'ISIC_1'],
    ['brats', files(...brats), { 'HGG/a_001': '/a_001' }, 'a_001'],
    ['refuge', files('t/g1.jpg', 'g/g1.bmp'), { 'Train/photos': '/t', 'Train/gts': '/g' }, 'g1'],
    ['thyroid', files('i/1.png', 'm/1.png'), { image: '/i', mask: '/m' }, '1'],
    ['abdomen', files('i/img1.nii', 'l/label1.nii'), { imagesTr: '/i', labelsTr: '/l' }, 'img1'],
  ])('are followed in the %s layout %#', async (layout, contents, links, id) => {
    const { cases, problems } = await LAYOUTS[layout](await linked(contents, links));
    expect([cases.map((c) => c.id), problems]).toEqual([[id], []]);
  });

  it('to a folder of patients are followed to the pixels', async () => {
    const dir = await linked({ 'i/a.tif': tif(4, 4, 1), 'm/a.tif': mask(4, 4) }, { images: '/i', masks: '/m' });
    const { cases, problems } = await checkCases(await LAYOUTS.folder(dir));
    expect([cases[0]?.facts?.foreground, problems]).toEqual([[8], []]);
  });

  it.each<[LayoutName, Record<string, string>, string]>([
    ['lgg', { 'kaggle_3m/P': '/gone' }, 'kaggle_3m/P'],
    ['folder', { images: '/i', masks: '/gone' }, 'masks'],
    ['isic', { images: '/i', masks: '/gone' }, 'masks'],
    ['brats', { 'HGG/a_001': '/gone' }, 'HGG/a_001'],
    ['refuge', { 'Test/gts': '/gone' }, 'Test/gts'],
    ['thyroid', { image: '/i', mask: '/gone' }, 'mask'],
    ['abdomen', { imagesTr: '/i', labelsTr: '/gone' }, 'labelsTr'],
    ['dicom', { P1: '/gone' }, 'P1'],
    ['dicom', { 'P1/ct': '/gone' }, 'P1/ct'],
  ])('that lead nowhere are a problem of the %s layout by name %#', async (layout, links, name) => {
    const dir = await linked(files('i/a.png'), links);
    const { problems } = await LAYOUTS[layout](dir);
    const { rule } = problems.find(({ file }) => file === join(dir, name))!;
    expect(rule).toMatch(/^a link must lead to a file or a folder, found nothing at .*gone$/);
  });

  it('to an image that is not there are a file that must exist', async () => {
    const dir = await linked(files('m/a.png'), { 'images/a.png': '/gone.png', masks: '/m' });
    const { problems } = await checkCases(await LAYOUTS.folder(dir));
    expect(problems).toEqual([{ file: join(dir, 'images/a.png'), rule: 'the file must exist', patient: 'a' }]);
    const round = await linked(files('m/a.png'), { 'images/a.png': 'a.png', masks: '/m' });
    expect((await checkCases(await LAYOUTS.folder(round))).problems[0]!.rule).toBe(
      'a link must lead to a file, it leads in a circle',
    );
  });

  it('that lead round in a circle are a problem by name, and what else there is is found', async () => {
    const dir = await linked(files(...brats), {
      'HGG/a_001': '/a_001',
      'HGG/up': '..',
      'HGG/here': '.',
      'HGG/self': 'self',
    });
    const { cases, problems } = await LAYOUTS.brats(dir);
    expect(cases.map((c) => c.id)).toEqual(['a_001']);
    const real = await realpath(dir);
    expect(problems.map(({ file, rule }) => [file.slice(dir.length + 1), rule.replaceAll(real, '')])).toEqual([
      ['HGG/here', 'a link must not lead to a folder that it lies in, it leads to /HGG'],
      ['HGG/self', 'a link must lead to a file or a folder, found nothing at self'],
      ['HGG/up', 'a link must not lead to a folder that it lies in, it leads to '],
    ]);
  });

  it('that lead round by way of each other are a problem by name', async () => {
    const dir = await folderWith(files('a/x.txt', 'b/x.txt'));
    await symlink(join(dir, 'b'), join(dir, 'a/to-b'));
    await symlink(join(dir, 'a'), join(dir, 'b/to-a'));
    const { problems } = await LAYOUTS.refuge(dir);
    expect(problems.map(({ file, rule }) => [file.slice(dir.length + 1), rule.split(', it leads')[0]])).toEqual([
      ['a/to-b/to-a', 'a link must not lead back to a folder on the way to it'],
      ['b/to-a/to-b', 'a link must not lead back to a folder on the way to it'],
    ]);
  });
});
