import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Listing } from '../case.ts';
import { kFold, splitByPatient } from '../splits/split.ts';
import { files, folderWith } from '../temporary-folder.fixture.ts';
import { LAYOUTS } from './layouts.ts';
import type { LayoutName } from './names.ts';

const ids = ({ cases }: Listing): string[] => cases.map((c) => c.id);

describe('listIsic', () => {
  it('reads the folders of the challenges and their parts, and leaves superpixels out', async () => {
    const dir = await folderWith(
      files(
        'ISIC-2017_Training_Data/ISIC_0000010.jpg',
        'ISIC-2017_Training_Data/ISIC_0000010_superpixels.png',
        'ISIC-2017_Training_Data/ISIC_0000009.jpg',
        'ISIC-2017_Training_Part1_GroundTruth/ISIC_0000009_segmentation.png',
        'ISIC-2017_Training_Part1_GroundTruth/ISIC_0000010_segmentation.png',
        'ISIC-2017_Test_v2_Data/ISIC_0000500.jpg',
        'ISIC-2017_Test_v2_Part1_GroundTruth/ISIC_0000500_segmentation.png',
      ),
    );
    const listing = await LAYOUTS.isic(dir);
    expect(ids(listing)).toEqual(['ISIC_0000009', 'ISIC_0000010', 'ISIC_0000500']);
    expect(listing.split).toEqual({ validationPatients: [], testPatients: ['ISIC_0000500'] });
    expect([listing.problems, listing.normalization]).toEqual([[], { mode: 'photo' }]);
  });

  it('reads 2016, 2018 and images/ with masks/, and names what has no partner', async () => {
    const old = await folderWith(
      files(
        'ISBI2016_ISIC_Part1_Training_Data/ISIC_0000000.jpg',
        'ISBI2016_ISIC_Part1_Training_GroundTruth/ISIC_0000000_Segmentation.png',
        'ISIC2018_Task1-2_Training_Input/ISIC_0000003.jpg',
        'ISIC2018_Task1_Training_GroundTruth/ISIC_0000003_segmentation.png',
        'ISIC2018_Task2_Training_GroundTruth_v3/ISIC_0000003_attribute_globules.png',
      ),
    );
    expect(await LAYOUTS.isic(old)).toMatchObject({
      cases: [{ id: 'ISIC_0000000' }, { id: 'ISIC_0000003' }],
      problems: [],
    });
    const plain = await folderWith(files('images/ISIC_1.jpg', 'images/ISIC_2.jpg', 'masks/ISIC_1_segmentation.png'));
    const listing = await LAYOUTS.isic(plain);
    expect([ids(listing), listing.problems.map((p) => p.file)]).toEqual([
      ['ISIC_1'],
      [join(plain, 'images', 'ISIC_2.jpg')],
    ]);
    expect((await LAYOUTS.isic(await folderWith(files('x/a.txt')))).problems[0]!.rule).toContain(
      'the ISIC layout needs',
    );
  });
});

describe('listBrats', () => {
  const old = (id: string, kinds = ['flair', 't1', 't1ce', 't2', 'seg']): string[] =>
    kinds.map((kind) => `HGG/${id}/${id}_${kind}.nii.gz`);

  it('stacks the four modalities, and keeps classes or makes regions', async () => {
    const dir = await folderWith(files(...old('BraTS20_Training_010'), ...old('BraTS20_Training_009')));
    const listing = await LAYOUTS.brats(dir);
    expect(ids(listing)).toEqual(['BraTS20_Training_009', 'BraTS20_Training_010']);
    expect(listing.cases[0]!.images.map((path) => path.replace(/.*_/, ''))).toEqual([
      't1.nii.gz',
      't1ce.nii.gz',
      't2.nii.gz',
      'flair.nii.gz',
    ]);
    expect(listing.classes).toMatchObject({
      names: ['necrosis', 'edema', 'enhancing'],
      values: [[1], [2], [4]],
      exclusive: true,
    });
    expect((await LAYOUTS['brats-regions'](dir)).classes).toEqual({
      names: ['WT', 'TC', 'ET'],
      values: [[1, 2, 4], [1, 4], [4]],
      exclusive: false,
    });
  });

  it('knows the names since 2023, and that a second visit is the same patient', async () => {
    const named = (id: string): string[] =>
      ['t1n', 't1c', 't2w', 't2f', 'seg'].map((kind) => `${id}/${id}-${kind}.nii.gz`);
    const listing = await LAYOUTS['brats-regions'](
      await folderWith(files(...named('BraTS-GLI-00012-000'), ...named('BraTS-GLI-00012-001'))),
    );
    expect(listing.cases.map((c) => c.patient)).toEqual(['BraTS-GLI-00012', 'BraTS-GLI-00012']);
    expect(listing.classes!.values).toEqual([[1, 2, 3], [1, 3], [3]]);
  });

  it('takes slices saved as images as cases of their patient, and names a case that is not whole', async () => {
    const slices = [9, 10].flatMap((n) =>
      ['t1', 't1ce', 't2', 'flair', 'seg'].map((kind) => `BraTS20_Training_001/BraTS20_Training_001_${kind}_${n}.png`),
    );
    const listing = await LAYOUTS.brats(
      await folderWith(files(...slices, ...old('BraTS20_Training_002', ['t1', 'seg']))),
    );
    expect(listing.cases.map((c) => [c.id, c.patient])).toEqual([
      ['BraTS20_Training_001_9', 'BraTS20_Training_001'],
      ['BraTS20_Training_001_10', 'BraTS20_Training_001'],
    ]);
    expect(listing.problems.map((p) => p.rule)).toEqual([
      'a BraTS case must have its four modalities and seg, found no t1ce, t2, flair of BraTS20_Training_002',
    ]);
  });
});

describe('listRefuge', () => {
  it('pairs nested photographs with their masks by part, cup inside of disc', async () => {
    const dir = await folderWith(
      files(
        'Training400/Glaucoma/g0001.jpg',
        'Training400/Non-Glaucoma/n0001.jpg',
        'Annotation-Training400/Disc_Cup_Masks/Glaucoma/g0001.bmp',
        'Annotation-Training400/Disc_Cup_Masks/Non-Glaucoma/n0001.bmp',
        'REFUGE-Validation400/V0001.jpg',
        'REFUGE-Validation400-GT/Disc_Cup_Masks/V0001.bmp',
        'REFUGE-Validation400-GT/Fovea_locations.xlsx',
        'Test400/T0001.jpg',
      ),
    );
    const listing = await LAYOUTS.refuge(dir);
    expect(ids(listing)).toEqual(['g0001', 'n0001', 'V0001']);
    expect(listing.split).toEqual({ validationPatients: ['V0001'], testPatients: [] });
    expect(listing.classes).toEqual({
      names: ['disc', 'cup'],
      values: [[0, 128], [0]],
      exclusive: false,
      background: [255],
    });
    expect(listing.problems).toEqual([
      {
        file: join(dir, 'Test400', 'T0001.jpg'),
        rule: 'an image must have its mask in a folder of masks, found no T0001',
        patient: 'T0001',
      },
    ]);
  });
});

describe('listThyroid', () => {
  it('reads TN3K, whose parts number their images alike', async () => {
    const listing = await LAYOUTS.thyroid(
      await folderWith(
        files(
          'trainval-image/0000.jpg',
          'trainval-mask/0000.jpg',
          'test-image/0000.jpg',
          'test-mask/0000.jpg',
          'tn3k-trainval-fold0.json',
        ),
      ),
    );
    expect(ids(listing).sort()).toEqual(['test_0000', 'trainval_0000']);
    expect(new Set(listing.cases.map((c) => c.patient)).size).toBe(2);
    expect(listing.split!.testPatients).toEqual(
      listing.cases.filter((c) => c.id === 'test_0000').map((c) => c.patient),
    );
  });

  it('reads DDTI with masks and with outlines, whose images share patients', async () => {
    const masks = await LAYOUTS.thyroid(await folderWith(files('stage1/p_image/1.PNG', 'stage1/p_mask/1.PNG')));
    expect(ids(masks)).toEqual(['1']);
    const dir = await folderWith(files('12_1.jpg', '12_2.jpg', '12.xml', '13_1.jpg'));
    const listing = await LAYOUTS.thyroid(dir);
    expect(listing.cases.map((c) => [c.id, c.patient, c.masks[0]!.path])).toEqual([
      ['12_1', '12', join(dir, '12.xml')],
      ['12_2', '12', join(dir, '12.xml')],
    ]);
    expect(listing.problems[0]!.rule).toContain('found none for 13_1');
  });
});

describe('listAbdomen', () => {
  it.each([
    ['imagesTr/img0002.nii.gz', 'labelsTr/label0002.nii.gz'],
    ['RawData/Training/img/img0002.nii.gz', 'RawData/Training/label/label0002.nii.gz'],
    ['averaged-training-images/DET0000202_avg.nii.gz', 'averaged-training-labels/DET0000202_avg_seg.nii.gz'],
  ])('pairs %s with its labels by number', async (image, label) => {
    const dir = await folderWith(files(image, label, image.replaceAll('2', '3')));
    const listing = await LAYOUTS.abdomen(dir);
    expect(listing.cases.map((c) => [c.images, c.masks])).toEqual([[[join(dir, image)], [{ path: join(dir, label) }]]]);
    expect([listing.classes!.names.length, listing.normalization]).toEqual([13, { mode: 'ct' }]);
    expect(listing.problems).toHaveLength(1);
  });
});

describe('listDecathlon', () => {
  const dataset = (changes: object): string =>
    JSON.stringify({
      labels: { 0: 'background', 2: 'tumour', 1: 'liver' },
      modality: { 0: 'CT' },
      training: [{ image: './imagesTr/a_10.nii.gz', label: './labelsTr/a_10.nii.gz' }],
      ...changes,
    });
  const volumes = files('imagesTr/a_10.nii.gz', 'labelsTr/a_10.nii.gz', 'imagesTr/a_9.nii.gz', 'labelsTr/a_9.nii.gz');

  it('takes classes by value and the window of CT from dataset.json', async () => {
    const listing = await LAYOUTS.decathlon(await folderWith({ ...volumes, 'dataset.json': dataset({}) }));
    expect(listing.classes).toEqual({ names: ['liver', 'tumour'], values: [[1], [2]], exclusive: true });
    expect([ids(listing), listing.problems, listing.normalization]).toEqual([['a_10'], [], { mode: 'ct' }]);
  });

  it('names entries that are none, are twice or are not there', async () => {
    const entry = { image: 'imagesTr/a_9.nii.gz', label: 'labelsTr/a_9.nii.gz' };
    const training = [entry, entry, 'imagesTr/a_10.nii.gz', { image: 'imagesTr/no.nii.gz', label: 'x' }];
    const { cases, problems } = await LAYOUTS.decathlon(
      await folderWith({ ...volumes, 'dataset.json': dataset({ training }) }),
    );
    expect(cases).toHaveLength(1);
    expect(problems.map((p) => p.rule)).toEqual([
      'an image must be listed once, got a_9 twice',
      'an entry of "training" must have image and label, got entry 2 without',
      'the file must exist, found no "imagesTr/no.nii.gz"',
    ]);
  });

  it.each([
    ['{', 'must be JSON'],
    ['[1]', 'must have "labels"'],
    [dataset({ labels: { 0: 'background' } }), 'classes: there must be 1 to 31, got 0'],
    [dataset({ labels: { 1: 'a', 2: { x: 1 } } }), 'must have "labels"'],
    [dataset({ training: 7 }), 'must have "training"'],
    [`${'['.repeat(200_000)}`, 'must be JSON'],
  ])('refuses %.30s by name', async (json, rule) => {
    const dir = await folderWith({ 'dataset.json': json });
    await expect(LAYOUTS.decathlon(dir)).rejects.toThrow(`${join(dir, 'dataset.json')}: `);
    await expect(LAYOUTS.decathlon(dir)).rejects.toThrow(rule);
  });
});

describe('every layout', () => {
  const numbers = Array.from({ length: 12 }, (_, i) => i + 1);
  const folders: Record<LayoutName, Record<string, string>> = {
    lgg: files(
      ...numbers.flatMap((n) =>
        [1, 2, 3].flatMap((s) => [`kaggle_3m/P${n}/P${n}_${s}.tif`, `kaggle_3m/P${n}/P${n}_${s}_mask.tif`]),
      ),
    ),
    phantom: files(...numbers.flatMap((n) => [`kaggle_3m/P${n}/P${n}_1.tif`, `kaggle_3m/P${n}/P${n}_1_mask.tif`])),
    isic: files(...numbers.flatMap((n) => [`images/ISIC_${n}.jpg`, `masks/ISIC_${n}_segmentation.png`])),
    brats: files(
      ...numbers.flatMap((n) =>
        ['000', '001'].flatMap((v) =>
          ['t1n', 't1c', 't2w', 't2f', 'seg'].map((k) => `x/BraTS-GLI-${10000 + n}-${v}-${k}.nii.gz`),
        ),
      ),
    ),
    'brats-regions': files(
      ...numbers.flatMap((n) =>
        [1, 2].flatMap((s) => ['t1', 't1ce', 't2', 'flair', 'seg'].map((k) => `x/B_${100 + n}_${k}_${s}.png`)),
      ),
    ),
    refuge: files(
      ...numbers.flatMap((n) => ['L', 'R'].flatMap((eye) => [`images/${n}${eye}.jpg`, `masks/${n}${eye}.bmp`])),
    ),
    thyroid: files(...numbers.flatMap((n) => [`${n}_1.jpg`, `${n}_2.jpg`, `${n}.xml`])),
    decathlon: {
      ...files(...numbers.flatMap((n) => [`imagesTr/a_${n}.nii.gz`, `labelsTr/a_${n}.nii.gz`])),
      'dataset.json': JSON.stringify({
        labels: { 1: 'a' },
        training: numbers.map((n) => ({ image: `imagesTr/a_${n}.nii.gz`, label: `labelsTr/a_${n}.nii.gz` })),
      }),
    },
    nnunet: {
      ...files(
        ...numbers.flatMap((n) => [`imagesTr/a_${n}_0000.png`, `imagesTr/a_${n}_0001.png`, `labelsTr/a_${n}.png`]),
      ),
      'dataset.json': JSON.stringify({ labels: { background: 0, a: 1 }, channel_names: { 0: 'T1', 1: 'T2' } }),
    },
    totalsegmentator: files(...numbers.flatMap((n) => [`s${n}/ct.nii.gz`, `s${n}/segmentations/liver.nii.gz`])),
    'class-folders': files(
      ...numbers.flatMap((n) => [
        `${n % 2 ? 'benign' : 'normal'}/${n}.png`,
        `${n % 2 ? 'benign' : 'normal'}/${n}_mask.png`,
      ]),
    ),
    abdomen: files(...numbers.flatMap((n) => [`img/img${n}.nii.gz`, `label/label${n}.nii.gz`])),
    // As in CHASE: two eyes a patient, two annotators an eye.
    folder: files(
      ...numbers.flatMap((n) =>
        ['L', 'R'].flatMap((eye) => [
          `images/Image_${n}${eye}.jpg`,
          `masks/Image_${n}${eye}_1stHO.png`,
          `masks/Image_${n}${eye}_2ndHO.png`,
        ]),
      ),
    ),
    manifest: {
      ...files(...numbers.map((n) => `${n}.png`)),
      'list.csv': `id,patient,image,mask\n${numbers.flatMap((n) => [`${n}a,P${n % 7},${n}.png,${n}.png`, `${n}b,P${n % 7},${n}.png,${n}.png`]).join('\n')}`,
    },
    dicom: {},
  };
  const dicomHead = (uid: string): string =>
    `${'\0'.repeat(128)}DICM\x02\0\x02\0UI${String.fromCharCode(uid.length)}\0${uid}`;
  for (const n of numbers) {
    folders.dicom[`P${n}/image/1.dcm`] = dicomHead('1.2.840.10008.5.1.4.1.1.2');
    folders.dicom[`P${n}/seg/1.dcm`] = dicomHead('1.2.840.10008.5.1.4.1.1.66.4');
  }
  const patientOf: Partial<Record<LayoutName, (id: string) => string>> = {
    lgg: (id) => id.split('_')[0]!,
    brats: (id) => id.slice(0, 15),
    'brats-regions': (id) => id.slice(0, 5),
    refuge: (id) => id.slice(0, -1),
    thyroid: (id) => id.split('_')[0]!,
    folder: (id) => id.slice(0, -1),
    manifest: (id) => `P${Number.parseInt(id, 10) % 7}`,
  };

  it.each(Object.keys(folders) as LayoutName[])(
    '%s: no patient in two parts, whatever seed, shares and folds',
    async (name) => {
      const listing = await LAYOUTS[name](await folderWith(folders[name]));
      // The SEG of these DICOM folders has nothing in it.
      expect(listing.problems.length).toBe(name === 'dicom' ? 1 : 0);
      const real = patientOf[name] ?? ((id: string) => id);
      expect(listing.cases.length).toBeGreaterThanOrEqual(numbers.length);
      const cases = listing.cases.map((c, i) => ({
        ...c,
        facts: {
          size: [4, 4] as const,
          channels: 1,
          dtype: 'uint8',
          minimum: 0,
          maximum: 1,
          mean: 0,
          foreground: [(i * 5) % 9],
        },
      }));
      const patients = new Set(cases.map((c) => real(c.id)));
      const apart = (parts: readonly (readonly { id: string }[])[]): void => {
        const sets = parts.map((part) => new Set(part.map((c) => real(c.id))));
        expect(sets.reduce((sum, set) => sum + set.size, 0)).toBe(patients.size);
        expect(parts.flat().length).toBe(cases.length);
      };
      fc.assert(
        fc.property(
          fc.integer(),
          fc.double({ min: 0, max: 0.45, noNaN: true }),
          fc.double({ min: 0, max: 0.45, noNaN: true }),
          fc.constantFrom(undefined, 'foreground' as const),
          fc.integer({ min: 2, max: 5 }),
          (seed, validation, test, by, folds) => {
            const stratify = by && { stratify: by };
            const split = splitByPatient(cases, { seed, validation, test, ...stratify });
            apart([split.train, split.validation, split.test]);
            const all = kFold(cases, { seed, folds, ...stratify });
            for (const fold of all) apart([fold.train, fold.validation]);
            apart(all.map((fold) => fold.validation));
          },
        ),
        { numRuns: 25 },
      );
    },
  );

  it.each(Object.keys(folders) as LayoutName[])(
    '%s: says what is missing from an empty folder and one that is not there',
    async (name) => {
      const dir = await folderWith({});
      for (const place of [dir, join(dir, 'no')]) {
        const { cases, problems } = await LAYOUTS[name](place);
        expect(cases).toEqual([]);
        expect(problems).toHaveLength(1);
        expect(problems[0]!.file.startsWith(dir)).toBe(true);
      }
    },
  );
});
