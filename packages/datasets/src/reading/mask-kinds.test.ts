import { basename, join } from 'node:path';
import { createImage } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { chunk, header, png as pngFile } from '../../../image-io/src/png/builder.fixture.ts';
import type { DataRemark } from '../case.ts';
import { type ClassMap, classMap, parseClasses } from '../class-map.ts';
import { listFolder } from '../layouts/folder.ts';
import { binarizeMask } from '../slicing/prepare.ts';
import { folderWith, png } from '../temporary-folder.fixture.ts';
import { checkCases } from './check-cases.ts';
import { decodeMask } from './decode-mask.ts';
import { decodeScan } from './decode-scan.ts';
import { labelledBits } from './labelled-bits.ts';
import { ofFiles } from './of-files.fixture.ts';

const black = [0, 0, 0];
const white = [255, 255, 255];
const red = [200, 0, 0];
const green = [0, 128, 0];

/** A PNG of one row with a palette. */
const palette = (colours: number[][], indices: number[], opacities?: number[]): Uint8Array =>
  pngFile(
    header(indices.length, 1, 8, 3),
    [0, ...indices],
    [chunk('PLTE', colours.flat()), ...(opacities ? [chunk('tRNS', opacities)] : [])],
  );
const pixels = (...colours: number[][]): Uint8Array =>
  png(colours.length, 1, colours[0]!.length, Uint8Array.from(colours.flat()));
const gray = (...values: number[]): Uint8Array => pixels(...values.map((value) => [value]));

/** Reads a mask of one row and gives its bits and what is said of it. */
async function read(
  bytes: Uint8Array,
  width: number,
  { classes, maskThreshold }: { classes?: ClassMap; maskThreshold?: number } = {},
): Promise<{ bits: number[]; said: string[] }> {
  const remarks: DataRemark[] = [];
  const scan = createImage({ width, height: 1, channels: 1, data: new Uint8Array(width) });
  const c = {
    id: 'a',
    images: ['a.png'],
    ...(classes && { classes }),
    ...(maskThreshold !== undefined && { reading: { maskThreshold } }),
  };
  const bits = await decodeMask(bytes, 'm.png', scan, c, { onRemark: (remark) => remarks.push(remark) });
  expect(remarks.every(({ file }) => file === 'm.png')).toBe(true);
  return { bits: [...bits], said: remarks.map(({ text }) => text) };
}

describe('a mask in opacity', () => {
  const byOpacity = 'its colour is the same everywhere: its opacity is read as the mask';

  it('is read from it where the colour is constant, whatever the colour', async () => {
    for (const colour of [white, black, red])
      expect(await read(pixels([...colour, 0], [...colour, 255], [...colour, 0]), 3)).toEqual({
        bits: [0, 1, 0],
        said: [byOpacity],
      });
    expect(await read(pixels([255, 0], [255, 128]), 2)).toEqual({ bits: [0, 1], said: [byOpacity] });
    expect(await read(palette([black, black], [0, 1, 1], [0, 255]), 3)).toEqual({ bits: [0, 1, 1], said: [byOpacity] });
  });

  it('is empty where all of it is transparent, and full where all is opaque', async () => {
    expect(await read(pixels([...white, 0], [...white, 0]), 2)).toEqual({ bits: [0, 0], said: [byOpacity] });
    expect(await read(pixels([...white, 255], [...white, 255]), 2)).toEqual({ bits: [1, 1], said: [] });
  });

  it('leaves out what is transparent, whatever its colour', async () => {
    const said = ['its transparent pixels are read as background, whatever their colour'];
    expect(await read(pixels([...white, 0], [...red, 255], [...white, 0]), 3)).toEqual({ bits: [0, 1, 0], said });
    expect(await read(pixels([...white, 0], [...red, 255], [...black, 255]), 3)).toEqual({ bits: [0, 1, 0], said });
    expect(await read(pixels([...black, 0], [...red, 255]), 2)).toEqual({ bits: [0, 1], said: [] });
    await expect(read(pixels([...white, 0], [...red, 255], [...green, 255]), 3)).rejects.toThrow(
      'at most two values, got 200/0/0, 0/128/0 and transparent pixels',
    );
    const organs = classMap({ a: 1, cup: 0 }, { background: [255] });
    expect(await read(pixels([7, 0], [1, 255], [0, 255], [255, 255]), 4, { classes: organs })).toEqual({
      bits: [0, 1, 2, 0],
      said,
    });
  });

  it('is passed over, in words, where no pixel or every pixel is transparent', async () => {
    expect(await read(pixels([0, 128], [9, 255]), 2)).toEqual({
      bits: [0, 1],
      said: ['its opacity varies, and is not used: no pixel is fully transparent'],
    });
    expect(await read(pixels([0, 0], [9, 0]), 2)).toEqual({
      bits: [0, 1],
      said: ['it is transparent everywhere: its colours are read as the mask'],
    });
  });
});

describe('a mask with a palette', () => {
  const byIndex = 'its labels are the indices of its palette, whatever their colours';
  const classes = classMap({ a: 1, b: 2 });

  it('has its indices as labels, as VOC and labelme write them', async () => {
    const voc = palette([black, [128, 0, 0], green], [0, 1, 2, 1]);
    expect(await read(voc, 4, { classes })).toEqual({ bits: [0, 1, 2, 1], said: [byIndex] });
    await expect(read(voc, 4)).rejects.toThrow(
      'at most two values, got the palette indices 0, 1, 2; name more as classes',
    );
    await expect(read(palette([black, red, green, white], [0, 3]), 2, { classes })).rejects.toThrow(
      'must have the values of its classes, 0, 1, 2, got 3',
    );
  });

  it('has index 0 as background, also where that is white', async () => {
    const said = ['index 0 of its palette is the lighter of its two colours, and is read as background'];
    expect(await read(palette([white, red], [0, 1, 0]), 3)).toEqual({ bits: [0, 1, 0], said });
    expect(await read(palette([white, black], [0, 1, 0]), 3)).toEqual({ bits: [0, 1, 0], said });
    expect(await read(palette([white, red], [0, 0]), 2)).toEqual({ bits: [0, 0], said: [] });
    expect(await read(palette([white, red], [1, 1]), 2)).toEqual({ bits: [1, 1], said: [] });
    expect(await read(palette([black, white], [0, 1]), 2)).toEqual({ bits: [0, 1], said: [] });
    expect([...binarizeMask((await decodeScan(palette([white, red], [0, 1]), 'm.png')) as never, 'm.png')]).toEqual([
      0, 1,
    ]);
  });

  it('has its grays as labels where these are the values of the classes, and is refused where both might be', async () => {
    const fundus = classMap({ cup: 1, disc: 128 });
    const optimised = palette([[128, 128, 128], black, [1, 1, 1]], [0, 1, 2]);
    expect(await read(optimised, 3, { classes: fundus })).toEqual({ bits: [2, 0, 1], said: [] });
    const ramp = palette([black, [1, 1, 1], [2, 2, 2]], [2, 1, 0]);
    expect(await read(ramp, 3, { classes })).toEqual({ bits: [2, 1, 0], said: [] });
    await expect(read(palette([[2, 2, 2], [1, 1, 1], black], [0, 1, 2]), 3, { classes })).rejects.toThrow(
      'a palette of grays must have its indices or its grays as values of the classes, not both; index 0 is gray 2',
    );
  });
});

describe('a mask of two values', () => {
  it('has the colour as foreground beside a gray, and 0 as background before all', async () => {
    expect(await read(pixels(white, red), 2)).toEqual({
      bits: [0, 1],
      said: ['one of its two values is gray and the other a darker colour: the colour is read as foreground'],
    });
    expect(await read(pixels(black, red), 2)).toEqual({ bits: [0, 1], said: [] });
    expect(await read(pixels(green, red), 2)).toEqual({ bits: [0, 1], said: [] });
    expect(await read(gray(1, 2), 2)).toEqual({
      bits: [0, 1],
      said: ['neither of its two values is 0: the darker one is read as background'],
    });
  });

  it('may have soft edges where there is a threshold, which the message names', async () => {
    const soft = gray(0, 35, 84, 127, 128, 255);
    await expect(read(soft, 6)).rejects.toThrow(
      'at most two values, got 0, 35, 84, 127, 128 and more; name more as classes, or give a threshold for soft edges (maskThreshold)',
    );
    expect(await read(soft, 6, { maskThreshold: 128 })).toEqual({ bits: [0, 0, 0, 0, 1, 1], said: [] });
    expect(await read(gray(0, 1, 1), 3, { maskThreshold: 128 })).toEqual({
      bits: [0, 0, 0],
      said: ['it is empty, since none of its values reaches 128'],
    });
    expect((await read(soft, 6, { maskThreshold: 35 })).bits).toEqual([0, 1, 1, 1, 1, 1]);
    expect(
      (await read(pixels([...white, 0], [...white, 90], [...white, 200]), 3, { maskThreshold: 128 })).bits,
    ).toEqual([0, 0, 1]);
  });
});

describe('masks without classes whose values differ from file to file', () => {
  const check = async (
    masks: Record<string, Uint8Array>,
  ): Promise<{ rules: string[][]; ids: string[]; said: string[][] }> => {
    const names = Object.keys(masks);
    const image = gray(1, 2, 3, 4);
    const dir = await folderWith(
      Object.fromEntries(
        names.flatMap((name) => [
          [`images/${name}.png`, image],
          [`masks/${name}.png`, masks[name]!],
        ]),
      ),
    );
    const { cases, problems, remarks } = await checkCases(await listFolder(dir), { duplicates: false });
    expect(problems.every(({ file }) => file.startsWith(join(dir, 'masks')))).toBe(true);
    return {
      rules: problems.map(({ file, rule }) => [basename(file), rule]),
      ids: cases.map(({ id }) => id),
      said: ofFiles(remarks).map(({ file, text }) => [basename(file), text]),
    };
  };
  const start = 'masks without classes must have the same two values in every file, got';
  const way = 'name the values as classes, or give a threshold where they mean the same (maskThreshold)';

  it('are all problems, by file and value, where no two values are those of most', async () => {
    const { rules, ids } = await check({ a: gray(0, 0, 1, 1), b: gray(0, 2, 2, 0), c: gray(1, 1, 2, 2) });
    const rule = `${start} 0 and 1 (a.png), 0 and 2 (b.png), 1 and 2 (c.png); ${way}`;
    expect(rules).toEqual(['a', 'b', 'c'].map((name) => [`${name}.png`, rule]));
    expect(ids).toEqual([]);
  });

  it('are problems where they differ from most, also by colour and by index', async () => {
    const one = gray(0, 0, 1, 1);
    const { rules, ids } = await check({
      a: one,
      b: one,
      c: gray(0, 2, 2, 0),
      d: gray(2, 2, 2, 2),
      e: one,
      f: gray(0, 0, 0, 0),
    });
    expect(rules).toEqual([
      ['c.png', `${start} 0 and 2 where most have 0 and 1; ${way}`],
      ['d.png', `${start} only 2 where most have 0 and 1; ${way}`],
    ]);
    expect(ids).toEqual(['a', 'b', 'e', 'f']);
    const first = palette([black, red, green], [0, 0, 1, 1]);
    const coloured = await check({ a: first, b: first, c: palette([black, red, green], [0, 0, 2, 2]) });
    expect(coloured.rules).toEqual([['c.png', `${start} 0 and 2 where most have 0 and 1; ${way}`]]);
    const red4 = pixels(black, black, red, red);
    expect((await check({ a: red4, b: red4, c: pixels(black, black, green, green) })).rules[0]![1]).toContain(
      'got 0 and 0/128/0 where most have 0 and 200/0/0',
    );
  });

  it('are a problem where what is foreground in one is background in another', async () => {
    const { rules } = await check({ a: gray(1, 1, 2, 2), b: gray(1, 1, 2, 2), c: gray(1, 1, 1, 1) });
    expect(rules).toEqual([['c.png', `${start} only 1 where most have 1 and 2; ${way}`]]);
  });

  it('are only remarked upon where they are 1 and 255, and not at all where one is empty, full or in its opacity', async () => {
    const { rules, ids, said } = await check({ a: gray(0, 0, 255, 255), b: gray(0, 0, 255, 255), c: gray(0, 1, 1, 0) });
    expect(rules).toEqual([]);
    expect(ids).toEqual(['a', 'b', 'c']);
    expect(said).toEqual([
      [
        'c.png',
        'its foreground has another value than that of most masks, 255: 1, 255 and 65535 are all read as foreground',
      ],
    ]);
    const usual = gray(0, 0, 255, 255);
    const { rules: none } = await check({
      a: usual,
      b: gray(0, 0, 0, 0),
      c: gray(255, 255, 255, 255),
      d: pixels([0, 0], [0, 0], [0, 255], [0, 255]),
      e: palette([white, red], [0, 0, 1, 1]),
    });
    expect(none).toEqual([]);
  });
});

describe('palettes of opposite order in one data set', () => {
  const check = async (
    masks: Record<string, Uint8Array>,
    classes?: ClassMap,
  ): Promise<{ problems: [string, string][]; foreground: number[][] }> => {
    const image = gray(1, 2, 3, 4);
    const dir = await folderWith(
      Object.fromEntries(
        Object.entries(masks).flatMap(([name, mask]) => [
          [`images/${name}.png`, image],
          [`masks/${name}.png`, mask],
        ]),
      ),
    );
    const { cases, problems } = await checkCases(await listFolder(dir, classes ? { classes } : {}));
    return {
      problems: problems.map(({ file, rule }) => [basename(file), rule]),
      foreground: cases.map(({ facts }) => facts!.foreground),
    };
  };
  const usual = palette([black, white], [0, 0, 0, 1]);
  const opposite = palette([white, black], [1, 1, 1, 0]); // looks the same
  const way = 'name the colour of the foreground as a class, such as foreground=255';

  it('are problems: those that differ from most, or all', async () => {
    const rule = `masks without classes must have one colour of foreground, got black on white as in b.png and white on black as in a.png; ${way}`;
    const most = await check({ a: usual, b: opposite, c: usual });
    expect(most).toEqual({ problems: [['b.png', rule]], foreground: [[1], [1]] });
    const { problems } = await check({ a: usual, b: opposite });
    expect(problems.map(([file]) => file)).toEqual(['a.png', 'b.png']);
    // Beside a mask of 0 and 255, or of 0 and 1, too.
    for (const plain of [gray(0, 0, 0, 255), gray(0, 0, 0, 1)])
      expect((await check({ a: plain, b: plain, c: opposite })).problems.map(([file]) => file)).toEqual(['c.png']);
  });

  it('are read by the named colour, whatever the order', async () => {
    const classes = classMap({ foreground: 255 });
    expect(await check({ a: usual, b: opposite }, classes)).toEqual({ problems: [], foreground: [[1], [1]] });
  });

  it('are no problem where all have one order, or no colour changes its side', async () => {
    expect((await check({ a: opposite, b: opposite })).problems).toEqual([]);
    expect((await check({ a: palette([white, red], [0, 0, 1, 1]), b: usual })).problems).toEqual([]);
  });

  it('are problems where classes have them', async () => {
    const classes = classMap({ a: 1, b: 2 });
    const first = palette([black, red, green], [0, 1, 2, 2]);
    const turned = palette([black, green, red], [0, 2, 1, 1]);
    const { problems, foreground } = await check({ a: first, b: turned, c: first }, classes);
    expect(problems).toEqual([
      [
        'b.png',
        'a palette must have the same colours at the same indices in every file, got 200/0/0 at 2, in others at 1: its indices are no labels',
      ],
    ]);
    expect(foreground).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect((await check({ a: first, b: turned }, classes)).problems).toHaveLength(2);
    expect((await check({ a: first, b: palette([black, red], [0, 1, 1, 1]) }, classes)).problems).toEqual([]);
  });
});

describe('values without a class where a class has the value 0', () => {
  const discs = classMap({ disc: [0, 128], cup: 0 });

  it('are background, in words where there are several', async () => {
    expect(await read(gray(0, 128, 255, 255), 4, { classes: discs })).toEqual({ bits: [3, 1, 0, 0], said: [] });
    expect(await read(gray(0, 128, 64, 255), 4, { classes: discs })).toEqual({
      bits: [3, 1, 0, 0],
      said: ['its values 64, 255 have no class: all are read as background, since a class has the value 0'],
    });
  });

  it('are refused where the background is named', async () => {
    const named = parseClasses('disc=0+128,cup=0,background=255');
    expect(named).toEqual({ ...discs, background: [255] });
    await expect(read(gray(0, 128, 64, 255), 4, { classes: named })).rejects.toThrow(
      'a mask must have the values of its classes, 0, 128, 255, got 64',
    );
  });

  it('cannot be guessed where compression has changed them', async () => {
    const jpeg = { data: Uint8Array.of(0, 130, 255), channels: 1, lossy: true };
    expect(() => labelledBits(jpeg, discs, 'm.jpg')).toThrow(
      'm.jpg: a mask that lossy compression has changed must have its background named where a class has the value 0',
    );
    expect([...labelledBits(jpeg, { ...discs, background: [255] }, 'm.jpg')]).toEqual([3, 1, 0]);
  });
});
