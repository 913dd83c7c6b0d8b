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
