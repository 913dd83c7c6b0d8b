import { describe, expect, it } from 'vitest';
import { classMap } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import { listFolder } from '../layouts/folder.ts';
import { folderWith, png } from '../temporary-folder.fixture.ts';
import { checkCases } from './check-cases.ts';
import { absentClasses, requireForeground } from './class-presence.ts';

/** Checked cases of 2 x 2 pixels whose masks have these values. */
async function casesOf(
  masks: number[][],
  classes?: ReturnType<typeof classMap>,
): Promise<Parameters<typeof absentClasses>[0]> {
  const pairs = masks.flatMap((values, i) => [
    [`images/${i}.png`, png(2, 2, 1)],
    [`masks/${i}.png`, png(2, 2, 1, Uint8Array.from(values))],
  ]);
  const listing = await listFolder(await folderWith(Object.fromEntries(pairs)), classes && { classes });
  const { cases, problems } = await checkCases(listing);
  expect(problems).toEqual([]);
  return cases;
}

const organs = classMap({ liver: 1, tumour: [2, 3] });

describe('requireForeground', () => {
  it('refuses masks that are all empty, and says what they lack', async () => {
    const binary = await casesOf([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(() => requireForeground(binary, 'data')).toThrow(DataError);
    expect(() => requireForeground(binary, 'data')).toThrow(
      'data: masks must have foreground, but all 2 are empty: no pixel differs from 0',
    );
    expect(() => requireForeground(binary.slice(1), 'data')).toThrow('but that of the only case is empty');
    const labelled = await casesOf([[0, 0, 0, 0]], organs);
    expect(() => requireForeground(labelled, 'data')).toThrow('no pixel is liver (1) or tumour (2, 3)');
  });

  it('refuses masks that are foreground throughout', async () => {
    const full = await casesOf([
      [255, 255, 255, 255],
      [1, 1, 1, 1],
    ]);
    expect(() => requireForeground(full, 'data')).toThrow('masks must have background, but all 2 are foreground');
  });

  it('takes one mask with foreground among empty or full ones', async () => {
    for (const other of [0, 255])
      requireForeground(
        await casesOf([
          [0, 255, 0, 0],
          [other, other, other, other],
        ]),
        'data',
      );
    requireForeground([], 'data');
  });
});

describe('absentClasses', () => {
  it('names the classes without a pixel in any case', async () => {
    const cases = await casesOf(
      [
        [0, 1, 0, 1],
        [0, 0, 0, 0],
      ],
      organs,
    );
    expect(absentClasses(cases)).toEqual(['tumour']);
    expect(absentClasses(await casesOf([[0, 3, 1, 0]], organs))).toEqual([]);
    expect(absentClasses([])).toEqual([]);
  });

  it('needs cases that were read', () => {
    const c = { id: 'a', patient: 'a', images: ['a.png'], masks: [{ path: 'm.png' }] };
    expect(() => absentClasses([c])).toThrow('a must have been read by checkCases');
  });
});
