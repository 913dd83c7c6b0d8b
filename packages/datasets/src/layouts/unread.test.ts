import { describe, expect, it } from 'vitest';
import { classMap } from '../class-map.ts';
import { files, folderWith } from '../temporary-folder.fixture.ts';
import { LAYOUTS } from './layouts.ts';
import type { LayoutName } from './names.ts';

const split = 'is not read; a split is called split.csv or split.json';
const patients = 'is not read; a list of patients is called patients.csv';
const list = 'id,patient,image,mask\na,A,images/a.png,masks/a.png\n';
const pair = files('images/a.png', 'masks/a.png');
const nnunet = (labels: object): Record<string, string> => ({
  ...files('imagesTr/a.png', 'labelsTr/a.png'),
  'dataset.json': JSON.stringify({ labels, channel_names: { 0: 'gray' } }),
});

const layouts: [LayoutName, Record<string, string>, isNamed: boolean][] = [
  ['folder', pair, true],
  ['class-folders', files('benign/a.png', 'benign/a_mask.png'), true],
  ['isic', files('images/ISIC_1.jpg', 'masks/ISIC_1_segmentation.png'), true],
  ['refuge', files('Train/g0001.jpg', 'Train/gts/g0001.bmp'), true],
  ['thyroid', files('test-image/1.jpg', 'test-mask/1.jpg'), true],
  ['nnunet', nnunet({ background: 0, lesion: 1 }), true],
  ['manifest', { ...pair, 'list.csv': list }, false],
  ['lgg', files('kaggle_3m/P/P_1.tif', 'kaggle_3m/P/P_1_mask.tif'), false],
];

async function said(layout: LayoutName, contents: Record<string, string>, options = {}): Promise<string[][]> {
  const dir = await folderWith(contents);
  const { remarks = [] } = await LAYOUTS[layout](dir, options);
  return remarks
    .filter(({ text }) => /is not read;|as a class;/.test(text))
    .map(({ file, text }) => [file.slice(dir.length + 1), text]);
}

describe.each(layouts)(
  'files whose names are nearly those of a split or a list, in the layout %s',
  (layout, data, isNamed) => {
    it.each(['Split.csv', 'SPLIT.JSON', 'splits.csv', 'splits_final.json', 'split.tsv', 'val_ids.json'])(
      '%s is remarked on',
      async (name) => {
        expect(await said(layout, { ...data, [name]: '' })).toEqual([[name, split]]);
      },
    );

    it.each(['Patients.csv', 'patients.tsv', 'patient.csv', 'patients.xlsx'])('%s, where one is read', async (name) => {
      expect(await said(layout, { ...data, [name]: '' })).toEqual(isNamed ? [[name, patients]] : []);
    });

    it('and those that are read, or are something else, are not', async () => {
      const other = files(
        'split.csv',
        'split.json',
        'validation_ids.json',
        'readme.txt',
        'splitting.csv',
        'inpatients.csv',
      );
      expect(await said(layout, { ...data, ...other })).toEqual([]);
    });
  },
);

describe('classes that are called nearly as pixels that are no class', () => {
  it.each(['Ignore', 'IGNORE', 'ignored', 'void', 'unlabeled', 'Unlabelled', 'ignore_label'])(
    '%s is remarked on',
    async (name) => {
      const text = `the class ${name} is trained and scored as a class; call it ignore to leave its pixels out`;
      expect(await said('nnunet', nnunet({ background: 0, lesion: 1, [name]: 3 }))).toEqual([['', text]]);
      const named = { ...pair, 'classes.json': JSON.stringify({ lesion: 1, [name]: 3 }) };
      expect(await said('folder', named)).toEqual([['', text]]);
      expect(await said('folder', pair, { classes: classMap({ lesion: 1, [name]: 3 }) })).toEqual([['', text]]);
    },
  );

  it('Background is remarked on, and names that are understood are not', async () => {
    const classes = (json: object): Record<string, string> => ({ ...pair, 'classes.json': JSON.stringify(json) });
    expect(await said('folder', classes({ Background: 0, lesion: 1 }))).toEqual([
      ['', 'the class Background is trained and scored as a class; call it background to have it as none'],
    ]);
    expect(await said('folder', classes({ background: 0, lesion: 1, ignore: 255, avoid: 2 }))).toEqual([]);
    expect(await said('nnunet', nnunet({ Background: 0, lesion: 1, ignore: 2 }))).toEqual([]);
  });
});
