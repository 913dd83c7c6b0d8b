import { join } from 'node:path';
import { createImage, encodePng, type Image, inverseOrientation, orientImage } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { chunk, join as joinBytes } from '../../../image-io/src/png/builder.fixture.ts';
import { listFolder } from '../layouts/folder.ts';
import { folderWith } from '../temporary-folder.fixture.ts';
import { checkCases } from './check-cases.ts';
import { ofFiles } from './of-files.fixture.ts';
import { readCase } from './read-case.ts';
import { stackChannels } from './stack-channels.ts';
import { turnMask } from './turn-mask.ts';

const gray = (width: number, data: number[]): Image =>
  createImage({ width, height: data.length / width, channels: 1, data: Uint8Array.from(data) });

/** A PNG with an orientation in its EXIF data. */
function turned(image: Image, orientation: number): Uint8Array {
  const bytes = encodePng(image);
  const exif = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  return joinBytes([bytes.subarray(0, 33), chunk('eXIf', exif), bytes.subarray(33)]);
}

const stored = gray(3, [10, 20, 30, 40, 50, 60]);
const mask = gray(3, [255, 0, 0, 255, 0, 255]);
const asShown = (orientation: number): Image => orientImage(mask, orientation);
const storedBits = [1, 0, 0, 1, 0, 1];
const readAsStored = (orientation: number): string =>
  `its orientation is ${orientation}: it is shown turned or mirrored, and read as its pixels are stored`;
const isTurned = 'it shows like its image only when turned, and is turned to the pixels of its image as stored';
const isUnclear =
  'only one of it and its image has an orientation, and their sizes do not say which is right: nothing is turned';

async function check(
  image: Uint8Array,
  maskFile: Uint8Array,
): Promise<{ bits: number[] | undefined; data: number[]; said: [string, string][]; rules: string[] }> {
  const dir = await folderWith({ 'images/a.png': image, 'masks/a.png': maskFile });
  const { cases, remarks, problems } = await checkCases(await listFolder(dir));
  const read = cases[0] && (await readCase(cases[0]));
  return {
    bits: read && [...read.masks[0]!.bits],
    data: read ? [...read.scan.data] : [],
    said: ofFiles(remarks).map(({ file, text }) => [file.slice(join(dir, '/').length), text]),
    rules: problems.map(({ rule }) => rule),
  };
}

describe('a mask and the orientation of its image', () => {
  it('belong together as they are stored where both have the same', async () => {
    expect(await check(turned(stored, 6), turned(mask, 6))).toEqual({
      bits: storedBits,
      data: [...stored.data],
      said: [
        ['images/a.png', readAsStored(6)],
        ['masks/a.png', readAsStored(6)],
      ],
      rules: [],
    });
  });

  it.each([5, 6, 7, 8])('belong together as the sizes say where only the image has %d', async (orientation) => {
    const image = turned(stored, orientation);
    const said: [string, string] = ['images/a.png', readAsStored(orientation)];
    expect(await check(image, encodePng(mask))).toMatchObject({ bits: storedBits, said: [said] });
    expect(await check(image, encodePng(asShown(orientation)))).toMatchObject({
      bits: storedBits,
      data: [...stored.data],
      said: [said, ['masks/a.png', isTurned]],
    });
  });

  it('belong together as the sizes say where only the mask has one', async () => {
    const back = orientImage(mask, inverseOrientation(6));
    expect(await check(encodePng(stored), turned(back, 6))).toMatchObject({
      bits: storedBits,
      said: [
        ['masks/a.png', readAsStored(6)],
        ['masks/a.png', isTurned],
      ],
    });
    expect(await check(encodePng(stored), turned(mask, 6))).toMatchObject({
      bits: storedBits,
      said: [['masks/a.png', readAsStored(6)]],
    });
  });

  it('belong together as they are shown where each has its own', async () => {
    const own = orientImage(asShown(6), inverseOrientation(8));
    expect((await check(turned(stored, 6), turned(own, 8))).bits).toEqual(storedBits);
    const mirrored = orientImage(asShown(6), inverseOrientation(2));
    expect((await check(turned(stored, 6), turned(mirrored, 2))).bits).toEqual(storedBits);
  });

  it('are not turned where the sizes do not say whether to, which is remarked upon', async () => {
    for (const orientation of [2, 3, 4])
      expect(await check(turned(stored, orientation), encodePng(mask))).toMatchObject({
        bits: storedBits,
        said: [
          ['images/a.png', readAsStored(orientation)],
          ['masks/a.png', isUnclear],
        ],
      });
    const square = gray(2, [1, 2, 3, 4]);
    expect((await check(turned(square, 6), encodePng(gray(2, [0, 255, 0, 0])))).said[1]![1]).toBe(isUnclear);
  });

  it('are a problem where they fit in no way', async () => {
    expect((await check(turned(stored, 6), encodePng(gray(2, [0, 255])))).rules).toEqual([
      'a mask must have the size of its image, got 2x1 for 3x2',
    ]);
    const other = gray(2, [0, 255]);
    expect(turnMask(other, { ...stored, orientation: 6 }, () => {})).toBe(other);
  });

  it('is kept where channels are stacked, which must have the same', () => {
    const image = { ...stored, orientation: 6 as const };
    expect(stackChannels([image, image], ['a', 'b'])).toMatchObject({ orientation: 6, channels: 2 });
    expect(() => stackChannels([image, stored], ['a.png', 'b.png'])).toThrow(
      'b.png: files that are stacked must have one orientation, got 1 for 6 of a.png',
    );
  });
});
