import { describe, expect, it } from 'vitest';
import { DataError } from '../data-error.ts';
import { files, folderWith } from '../temporary-folder.fixture.ts';
import { guessLayout } from './guess-layout.ts';
import { LAYOUTS } from './layouts.ts';
import { LAYOUT_NAMES, type LayoutName } from './names.ts';

const BRATS = ['t1', 't1ce', 't2', 'flair', 'seg'].map((kind) => `case_001/case_001_${kind}.nii.gz`);

/** Names of a folder of each layout, as it is published. */
const PUBLISHED: Partial<Record<LayoutName, readonly (readonly string[])[]>> = {
  lgg: [
    ['kaggle_3m/TCGA_CS_1/TCGA_CS_1_1.tif', 'kaggle_3m/TCGA_CS_1/TCGA_CS_1_1_mask.tif', 'kaggle_3m/data.csv'],
    ['TCGA_CS_1/TCGA_CS_1_1.tif', 'TCGA_CS_1/TCGA_CS_1_1_mask.tif'],
  ],
  isic: [
    [
      'ISIC2018_Task1-2_Training_Input/ISIC_0000000.jpg',
      'ISIC2018_Task1_Training_GroundTruth/ISIC_0000000_segmentation.png',
    ],
    ['images/ISIC_0000000.jpg', 'masks/ISIC_0000000_segmentation.png'],
  ],
  brats: [BRATS, ['t1n', 't1c', 't2w', 't2f', 'seg'].map((kind) => `a/BraTS-GLI-00000-000-${kind}.nii.gz`)],
  refuge: [
    ['Training400/Glaucoma/g0001.jpg', 'Annotation-Training400/Disc_Cup_Masks/Glaucoma/g0001.bmp'],
    ['train/Images/g0001.jpg', 'train/gts/g0001.bmp'],
  ],
  thyroid: [
    ['trainval-image/0000.jpg', 'trainval-mask/0000.jpg', 'test-image/0000.jpg', 'test-mask/0000.jpg'],
    ['1_1.jpg', '1_2.jpg', '1.xml'],
    ['p_image/1.png', 'p_mask/1.png'],
  ],
  abdomen: [
    ['RawData/Training/img/img0001.nii.gz', 'RawData/Training/label/label0001.nii.gz'],
    ['averaged-training-images/DET1.nii.gz', 'averaged-training-labels/DET1.nii.gz'],
  ],
  folder: [
    ['images/a.png', 'masks/a.png'],
    ['images/a.nii.gz', 'labels/a.nii.gz', 'patients.csv'],
    ['image/1.png', 'mask/1.png'],
    ['images/21_training.tif', '1st_manual/21_manual1.gif', 'mask/21_training_mask.gif'],
    ['training/images/21_training.tif', 'training/1st_manual/21_manual1.gif', 'test/images/01_test.tif'],
  ],
  nnunet: [
    ['dataset.json', 'imagesTr/BRATS_001_0000.nii.gz', 'imagesTr/BRATS_001_0001.nii.gz', 'labelsTr/BRATS_001.nii.gz'],
    ['imagesTr/BRATS_001_0000.nii.gz', 'labelsTr/BRATS_001.nii.gz'], // dataset.json is missing
  ],
  totalsegmentator: [
    ['meta.csv', 's0001/ct.nii.gz', 's0001/segmentations/liver.nii.gz', 's0001/segmentations/spleen.nii.gz'],
    ['mri_1/mri.nii.gz', 'mri_1/segmentations/liver.nii.gz'],
  ],
  'class-folders': [
    ['benign/benign (1).png', 'benign/benign (1)_mask.png', 'normal/normal (1).png', 'normal/normal (1)_mask.png'],
  ],
  manifest: [['manifest.csv', 'a.png', 'b.png']],
  dicom: [
    ['p1/ct/1.dcm', 'p1/seg/1.dcm'],
    ['p1/ct/1.2.840.113619.2.55.3', 'p1/seg/1.2.840.113619.2.55.4'],
  ],
};

describe('guessLayout', () => {
  it.each(
    Object.entries(PUBLISHED).flatMap(([layout, all]) => all.map((names) => [layout as LayoutName, names] as const)),
  )('tells %s from its names: %j', async (layout, names) => {
    const dir = await folderWith(files(...names));
    expect((await guessLayout(dir)).layout).toBe(layout);
  });

  it('tells the Decathlon’s folders, which the layout then lists', async () => {
    const dir = await folderWith({
      'dataset.json': JSON.stringify({
        labels: { 0: 'background', 1: 'x' },
        training: [{ image: './imagesTr/a.nii.gz', label: './labelsTr/a.nii.gz' }],
      }),
      ...files('imagesTr/a.nii.gz', 'labelsTr/a.nii.gz'),
    });
    const { layout, sign } = await guessLayout(dir);
    expect([layout, sign]).toEqual(['decathlon', 'imagesTr/ and labelsTr/']);
    expect((await LAYOUTS[layout](dir)).cases).toHaveLength(1);
  });

  it.each<[string, string[], string]>([
    [
      'two lists of volumes',
      ['imagesTr/a.nii.gz', 'labelsTr/a.nii.gz'],
      'they fit abdomen (imagesTr/ and labelsTr/) and folder',
    ],
    [
      'paired folders of BMP',
      ['images/a.jpg', 'masks/a.bmp'],
      'they fit refuge (masks) and folder (images/ and masks/)',
    ],
    [
      'a list beside paired folders',
      ['list.csv', 'images/a.png', 'masks/a.png'],
      'they fit manifest (list.csv) and folder',
    ],
    ['pictures alone', ['a.png', 'b.png'], 'they fit none'],
    ['no file', [], 'they fit none'],
  ])('refuses %s, and says what fits', async (_, names, rule) => {
    const dir = await folderWith(files(...names));
    await expect(guessLayout(dir)).rejects.toThrow(DataError);
    await expect(guessLayout(dir)).rejects.toThrow(rule);
  });

  it('refuses a folder that is not there', async () => {
    await expect(guessLayout('/no/such/folder')).rejects.toThrow('the data folder must exist');
  });

  it('knows every layout, but those whose files are another’s', () => {
    const known = new Set([...Object.keys(PUBLISHED), 'decathlon']);
    expect(LAYOUT_NAMES.filter((name) => !known.has(name))).toEqual(['brats-regions', 'phantom']);
  });
});
