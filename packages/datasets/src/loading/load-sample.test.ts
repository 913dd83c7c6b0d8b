import { rm } from 'node:fs/promises';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { DataError } from '../data-error.ts';
import { listFolder } from '../layouts/folder.ts';
import { checkCases } from '../reading/check-cases.ts';
import { folderWith, mask, tif } from '../temporary-folder.fixture.ts';
import { openCases } from './case-source.ts';
import { loadOriginal, loadSample } from './load-sample.ts';

const folder = async (count: number): Promise<string> =>
  await folderWith(
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        [`images/${i}.tif`, tif(8, 6, 3)],
        [`masks/${i}.tif`, mask(8, 6)],
      ]).flat(),
    ),
  );

describe('loadSample', () => {
  it('reads a case at its own size and as a network takes it', async () => {
    const c = (await listFolder(await folder(1))).cases[0]!;
    const original = await loadOriginal(c);
    expect([original.image.width, original.image.height, original.mask.reduce((sum, v) => sum + v, 0)]).toEqual([
      8, 6, 24,
    ]);
    const sample = await loadSample(c, { imageSize: [3, 4], normalization: 'none' });
    expect(sample).toMatchObject({ id: '0', patient: '0', height: 3, width: 4, channels: 3, originalSize: [6, 8] });
    // The mean of the four pixels 0, 1, 8 and 9 of channel 0: values 37 i mod 256 at i = 0, 3, 24 and 27.
    expect(sample.image[0]).toBe([0, 3, 24, 27].reduce((sum, i) => sum + ((i * 37) % 256), 0) / 4);
    // Three rows of six are set: the middle row of three is half set, and half counts.
    expect([...sample.mask]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
  });

  it('refuses a mask of another size', async () => {
    const dir = await folderWith({ 'images/a.tif': tif(8, 6, 3), 'masks/a.tif': mask(6, 8) });
    await expect(loadOriginal((await listFolder(dir)).cases[0]!)).rejects.toThrow(DataError);
  });
});

describe('openCases', () => {
  const bytes = (3 * 4 * 3 + 3 * 4) * 4;

  it('reads a file once while it is kept, and forgets the one used longest ago', async () => {
    const dir = await folder(3);
    const source = openCases((await listFolder(dir)).cases, { imageSize: [3, 4], maxBytes: 2 * bytes });
    const first = await source.sample(0);
    await source.sample(1);
    expect(await source.sample(0)).toBe(first);
    await source.sample(2);
    await rm(dir, { recursive: true });
    await import('node:fs/promises').then((fs) => fs.mkdir(dir));
    expect(await source.sample(0)).toBe(first);
    expect((await source.sample(2)).id).toBe('2');
    await expect(source.sample(1)).rejects.toThrow('ENOENT');
    await expect(source.sample(3)).rejects.toThrow('index must be 0 to 2, got 3');
  });
});

const isMissing = lacksShared('data');

describe.skipIf(isMissing)('real files', () => {
  it('reads photographs whose masks were saved as JPEG', async () => {
    const { cases, problems } = await checkCases(await listFolder(sharedPath('data/formats/kvasir')));
    expect(problems).toEqual([]);
    // Pixels over 127 in the mean of their channels, counted with Pillow and numpy.
    const counts = await Promise.all(
      cases.map(async (c) => (await loadOriginal(c)).mask.reduce((sum, v) => sum + v, 0)),
    );
    expect(counts).toEqual([93043, 390295, 104400]);
  });
});
