import { join } from 'node:path';
import { createVolume, encodeNifti } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { parseClasses } from '../class-map.ts';
import { openCases } from '../loading/case-source.ts';
import { checkCases } from '../reading/check-cases.ts';
import { readCase } from '../reading/read-case.ts';
import { folderWith, png } from '../temporary-folder.fixture.ts';
import { LAYOUTS } from './layouts.ts';

const gray = (...values: number[]): Uint8Array => png(values.length, 1, 1, Uint8Array.from(values));

describe('how files are read', () => {
  it('goes with the cases: a threshold for masks with soft edges', async () => {
    const dir = await folderWith({ 'images/a.png': gray(1, 2, 3, 4), 'masks/a.png': gray(0, 90, 180, 255) });
    const plain = await checkCases(await LAYOUTS.folder(dir));
    expect(plain.problems[0]!.rule).toContain('give a threshold for soft edges (maskThreshold)');
    const { cases, problems } = await checkCases(await LAYOUTS.folder(dir, { maskThreshold: 128 }));
    expect([problems, cases[0]!.reading, cases[0]!.facts!.foreground]).toEqual([[], { maskThreshold: 128 }, [2]]);
    const { mask } = await openCases(cases, { imageSize: [1, 4] }).sample(0);
    expect([...mask]).toEqual([0, 0, 1, 1]);
    await expect(LAYOUTS.folder(dir, { maskThreshold: 128, classes: parseClasses('a=1') })).rejects.toThrow(
      'a mask threshold is for masks without classes, got 128 and the classes a',
    );
    await expect(LAYOUTS.folder(dir, { maskThreshold: Number.NaN })).rejects.toThrow('must be a number, got NaN');
  });

  it('goes with the cases: the largest decoded file, which the message names', async () => {
    const volume = encodeNifti(createVolume({ size: [10, 10, 10], data: new Int16Array(1000) }));
    const mask = encodeNifti(createVolume({ size: [10, 10, 10], data: new Uint8Array(1000) }));
    const dir = await folderWith({ 'images/a.nii': volume, 'masks/a.nii': mask });
    const { problems } = await checkCases(await LAYOUTS.folder(dir, { maxFileBytes: 1500 }));
    expect(problems).toEqual([
      {
        file: join(dir, 'images', 'a.nii'),
        patient: 'a',
        rule: expect.stringMatching(
          /^the NIfTI file declares 10x10x10 voxels, .* bytes; the limit maxFileBytes is 1500/,
        ),
      },
    ]);
    const { cases } = await LAYOUTS.folder(dir, { maxFileBytes: 2 ** 20 });
    expect(cases[0]!.reading).toEqual({ maxFileBytes: 2 ** 20 });
    await expect(readCase(cases[0]!, { maxFileBytes: 10 })).rejects.toThrow('the limit maxFileBytes is 10');
    expect((await readCase(cases[0]!)).masks).toHaveLength(1);
    await expect(LAYOUTS.folder(dir, { maxFileBytes: 0 })).rejects.toThrow('must be a positive number of bytes, got 0');
  });
});
