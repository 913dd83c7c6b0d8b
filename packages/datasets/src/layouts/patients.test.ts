import { describe, expect, it } from 'vitest';
import { files, folderWith } from '../temporary-folder.fixture.ts';
import { LAYOUTS } from './layouts.ts';
import type { LayoutName } from './names.ts';
import { UNKNOWN_PATIENT } from './patients.ts';

describe('images whose patient nothing says', () => {
  const folder = files('images/a1x.png', 'images/b.png', 'masks/a1x.png', 'masks/b.png');
  const list = 'id,image,mask\na1x,images/a1x.png,masks/a1x.png\nb,images/b.png,masks/b.png\n';
  const cases: [LayoutName, Record<string, string>, string[]][] = [
    ['folder', folder, ['images/a1x.png', 'images/b.png']],
    ['isic', files('images/ISIC_1.jpg', 'masks/ISIC_1_segmentation.png'), ['images/ISIC_1.jpg']],
    ['refuge', files('Train/g0001.jpg', 'Train/gts/g0001.bmp'), ['Train/g0001.jpg']],
    ['thyroid', files('test-image/1.jpg', 'test-mask/1.jpg'), ['test-image/1.jpg']],
    ['manifest', { ...folder, 'list.csv': list }, ['images/a1x.png', 'images/b.png']],
  ];

  it.each(cases)('are remarked on in the %s layout', async (layout, contents, remarked) => {
    const dir = await folderWith(contents);
    const said = async (options = {}): Promise<string[]> =>
      ((await LAYOUTS[layout](dir, options)).remarks ?? [])
        .filter(({ text }) => text === UNKNOWN_PATIENT)
        .map(({ file }) => file.slice(dir.length + 1));
    expect(await said()).toEqual(remarked);
    expect(await said({ patientPattern: /(.)/ })).toEqual([]);
  });

  it('are not where a file, the name of a side, the list or the layout says', async () => {
    const named = { ...folder, 'patients.csv': 'a1x,A\nb,B\n' };
    const sides = files('images/01L.png', 'images/01R.png', 'masks/01L.png', 'masks/01R.png');
    const listed = { ...folder, 'list.csv': 'id,patient,image,mask\nb,B,images/b.png,masks/b.png\n' };
    const outlined = files('12_1.jpg', '12.xml');
    for (const [layout, contents] of [
      ['folder', named],
      ['folder', sides],
      ['manifest', listed],
      ['thyroid', outlined],
    ] as const)
      expect((await LAYOUTS[layout](await folderWith(contents))).remarks).toBeUndefined();
  });
});

describe('patients.csv', () => {
  const folder = files('images/a.png', 'images/b.png', 'masks/a.png', 'masks/b.png');
  const listed = async (csv: string): Promise<unknown> => {
    const { cases, problems } = await LAYOUTS.folder(await folderWith({ ...folder, 'patients.csv': csv }));
    return problems.length > 0 ? problems.map(({ rule }) => rule) : cases.map(({ patient }) => patient);
  };

  it.each([
    ['headings', 'id,patient\na,A\nb,B\n'],
    ['none', 'a,A\nb,B\n'],
    ['names of files', 'image,patient_id\na.png,A\nimages/b.png,B\n'],
    ['semicolons', 'id;patient\na;A\nb;B\n'],
    ['tabs', 'a\tA\nb\tB\n'],
    ['quotes and spaces', 'ID, Patient\n"a", "A"\n"b","B"\n'],
    ['other columns', 'age,filename,subject\n50,a.png,A\n60,b.png,B\n'],
    ['a byte-order mark and empty lines', '\uFEFFid,patient\r\n\r\na,A\r\nb,B\r\n\r\n'],
    ['a line twice', 'a,A\nb,B\na.png,A\n'],
  ])('is read with %s', async (_, csv) => {
    expect(await listed(csv)).toEqual(['A', 'B']);
  });

  it.each([
    ['a,A\nb,B\nc,C\nd.png,D\n', 'a line must be of an image that is there, got c (line 3), d (line 4)'],
    ['a,A\nb,B\na.png,C\n', 'an image has one patient, got A for a in line 1 and C in line 3'],
    ['a,A\nb,B,C\n', 'a line must be id,patient, got "b,B,C" in line 2'],
    ['a,A\nb\n', 'a line must be id,patient, got "b" in line 2'],
  ])('%j is a problem', async (csv, rule) => {
    expect(await listed(csv)).toContain(rule);
  });

  it('says what headings it must have', async () => {
    await expect(listed('image,person\na,A\nb,B\n')).rejects.toThrow(
      'patients.csv: its first line must be the headings id,patient, got "image,person"',
    );
  });

  it.each([
    ['split', 'id,patient,split\na,A,train\nb,B,test\n'],
    ['fold', 'id;Fold;patient\na;1;A\nb;2;B\n'],
    ['set', 'id,patient,set\na,A,train\nb,B,test\n'],
  ])('refuses a column %s, which is not read', async (name, csv) => {
    await expect(listed(csv)).rejects.toThrow(
      `patients.csv: the column ${name} is not read; a split is given in split.csv (patient,split): move it there or remove the column`,
    );
  });

  it('is one for all folders of a layout, and each of them names its strangers once', async () => {
    const parts = files('ISIC_1.jpg', 'ISIC_2.jpg');
    const [train, test] = Object.keys(parts);
    const dir = await folderWith({
      [`ISIC-2017_Training_Data/${train}`]: '',
      'ISIC-2017_Training_Part1_GroundTruth/ISIC_1_segmentation.png': '',
      [`ISIC-2017_Test_v2_Data/${test}`]: '',
      'ISIC-2017_Test_v2_Part1_GroundTruth/ISIC_2_segmentation.png': '',
      'patients.csv': 'ISIC_1.jpg,A\nISIC_2.jpg,B\nISIC_3.jpg,C\n',
    });
    const { cases, problems } = await LAYOUTS.isic(dir);
    expect(cases.map(({ patient }) => patient)).toEqual(['A', 'B']);
    expect(problems.map(({ rule }) => rule)).toEqual(['a line must be of an image that is there, got ISIC_3 (line 3)']);
  });
});
