import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { classMap, type LayoutName } from '@medseg/datasets';
import { createImage, encodePng } from '@medseg/image-io';
import { classesOf } from '@medseg/pipeline';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../run-cli.fixture.ts';
import { checkData } from './data.ts';

const trained = classesOf(classMap({ liver: 1, tumour: 2 }, { ignore: [3] }));
const folder = temporaryFolder();
let count = 0;

/** A data set of one image, whose mask has the values 0, 1 and 2, and the file that names them. */
function dataset(layout: LayoutName, named: Record<string, number> | undefined): string {
  const dir = join(folder, `${++count}`);
  const png = (values: number[]): Uint8Array =>
    encodePng(createImage({ width: 4, height: 1, channels: 1, data: Uint8Array.from(values) }));
  const files: Record<LayoutName | string, [image: string, mask: string]> = {
    nnunet: ['imagesTr/a_0000.png', 'labelsTr/a.png'],
    decathlon: ['imagesTr/a.png', 'labelsTr/a.png'],
    folder: ['images/a.png', 'masks/a.png'],
    'class-folders': ['benign/a.png', 'benign/a_mask.png'],
    manifest: ['x/a.png', 'y/a.png'],
  };
  const [image, mask] = files[layout]!;
  for (const [file, values] of [
    [image, [10, 20, 30, 40]],
    [mask, [0, 1, 2, 2]],
  ] as const) {
    mkdirSync(join(dir, file, '..'), { recursive: true });
    writeFileSync(join(dir, file), png([...values]));
  }
  if (layout === 'manifest') writeFileSync(join(dir, 'manifest.csv'), `id,patient,image,mask\na,a,${image},${mask}\n`);
  if (layout === 'nnunet' || layout === 'decathlon') {
    const training = layout === 'decathlon' && { training: [{ image, label: mask }] };
    const json = { labels: { background: 0, ...named }, channel_names: { 0: 'gray' }, ...training };
    writeFileSync(join(dir, 'dataset.json'), JSON.stringify(json));
  } else if (named) writeFileSync(join(dir, 'classes.json'), JSON.stringify(named));
  return dir;
}

describe.each(['nnunet', 'decathlon', 'folder', 'class-folders', 'manifest'] as const)(
  'data in the layout %s, read for a run of liver=1, tumour=2, ignore=3',
  (layout) => {
    const read = (named: Record<string, number> | undefined, given = {}) =>
      checkData({ dir: dataset(layout, named), layout, skipInvalid: false, trained, ...given });
    const said = ({ remarks }: Awaited<ReturnType<typeof read>>): string[] =>
      (remarks ?? []).map(({ text }) => text).filter((text) => text.startsWith('classes'));

    it('is read as it is where it has the same names and values', async () => {
      const listing = await read({ liver: 1, tumour: 2, ignore: 3 });
      expect(listing.classes).toEqual(trained);
      expect(listing.cases[0]!.facts!.foreground).toEqual([1, 2]);
      expect(said(listing)).toEqual([]);
    });

    it('is matched by name where its values differ, which is said', async () => {
      const listing = await read({ tumour: 1, liver: 2 });
      expect(listing.classes).toMatchObject({ names: ['liver', 'tumour'], values: [[2], [1]] });
      expect(listing.cases[0]!.facts!.foreground).toEqual([2, 1]);
      expect(said(listing)).toEqual([
        'classes are matched by name: its values are liver=2, tumour=1, those of the training data liver=1, tumour=2, ignore=3',
      ]);
    });

    it.each([
      [{ kidney: 1, cyst: 2 }, 'kidney=1, cyst=2'],
      [{ ignore: 1, liver: 2 }, 'liver=2, ignore=1'],
      [{ liver: 1, tumour: 2, spleen: 4 }, 'liver=1, tumour=2, spleen=4'],
    ])('is refused by name where it has other classes: %o', async (named, got) => {
      await expect(read(named as Record<string, number>)).rejects.toThrow(
        new RegExp(
          `(dataset|classes)\\.json: its classes must be those that the run was trained with, liver=1, tumour=2, ignore=3, got ${got};`,
        ),
      );
    });

    it('is read with the classes that are given', async () => {
      const classes = classesOf(classMap({ liver: 1, tumour: 2 }));
      const listing = await read({ kidney: 1, cyst: 2 }, { classes, trained: undefined });
      expect(listing.classes).toEqual(classes);
    });
  },
);

it('data that names no classes is read with those of the run', async () => {
  const dir = dataset('folder', undefined);
  const { classes, remarks = [] } = await checkData({ dir, layout: 'folder', skipInvalid: false, trained });
  expect(classes).toEqual(trained);
  expect(remarks.filter(({ text }) => text.startsWith('classes'))).toEqual([]);
});
