import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case } from '../case.ts';
import { kFold, type Split, separatedDuplicates, splitByPatient } from '../splits/split.ts';
import { groupNearDuplicates } from './group-cases.ts';
import { thumbnailOf } from './thumbnail.ts';
import { phantom, variants } from './variants.fixture.ts';

const caseOf = (id: string, patient: string): Case => ({ id, patient, images: [`${id}.png`], masks: [] });
const moved = variants['a copy moved by three pixels']!;
const thumbnails = Array.from({ length: 30 }, (_, patient) => thumbnailOf(phantom(patient)));
const movedThumbnails = Array.from({ length: 30 }, (_, patient) => thumbnailOf(moved(phantom(patient))));

describe('groupNearDuplicates', () => {
  it('groups the patients of images that are nearly the same, and names both files', () => {
    const cases = ['a', 'b', 'c', 'd'].map((name) => caseOf(name, `P${name}`));
    const { cases: grouped, remarks } = groupNearDuplicates(cases, [
      thumbnails[0],
      thumbnails[1],
      movedThumbnails[0],
      thumbnails[2],
    ]);
    expect(grouped.map(({ group, duplicateOf }) => [group, duplicateOf])).toEqual([
      ['Pa', 'a.png'],
      [undefined, undefined],
      ['Pa', 'a.png'],
      [undefined, undefined],
    ]);
    expect(remarks).toEqual([
      { file: 'a.png', text: 'nearly the same image as c.png, of other patients; all stay in one part of the split' },
    ]);
  });

  it('takes a quarter of the images of the patient with fewer, or one copy', () => {
    const cases = [
      ...Array.from({ length: 8 }, (_, i) => caseOf(`a${i}`, 'A')),
      ...Array.from({ length: 5 }, (_, i) => caseOf(`b${i}`, 'B')),
    ];
    const groupsWith = (...of: (Float32Array | undefined)[]): (string | undefined)[] => {
      const own = [...thumbnails.slice(0, 8), ...thumbnails.slice(10, 15)];
      for (const [i, thumbnail] of of.entries()) own[8 + i] = thumbnail;
      const { cases: grouped } = groupNearDuplicates(cases, own);
      return [...new Set(grouped.map(({ group }) => group))];
    };
    expect(groupsWith()).toEqual([undefined]);
    expect(groupsWith(movedThumbnails[0])).toEqual([undefined]);
    expect(groupsWith(movedThumbnails[0], movedThumbnails[1])).toEqual(['A']);
    expect(groupsWith(thumbnails[0])).toEqual(['A']);
  });

  it('names five groups, and says how many more there are', () => {
    const cases = Array.from({ length: 14 }, (_, i) => caseOf(`${i}`, `${i}`));
    const { remarks } = groupNearDuplicates(cases, [...thumbnails.slice(0, 7), ...thumbnails.slice(0, 7)]);
    expect(remarks.map(({ file }) => file)).toEqual(['0.png', '1.png', '2.png', '3.png', '4.png', '5.png']);
    expect(remarks.at(-1)!.text).toMatch(/^2 more groups of images/);
  });
});

describe('groups of patients', () => {
  const partsOf = ({ train, validation, test }: Split): Case[][] => [train, validation, test];

  it('are never separated when patients are drawn', () => {
    const cases = fc.array(
      fc.record({ patient: fc.integer({ min: 0, max: 20 }), group: fc.option(fc.integer({ min: 0, max: 4 })) }),
      { minLength: 4, maxLength: 60 },
    );
    fc.assert(
      fc.property(cases, fc.integer(), fc.boolean(), (made, seed, byFolds) => {
        const list = made.map(
          ({ patient, group }, i): Case => ({
            ...caseOf(`${i}`, `P${patient}`),
            stratum: patient % 2 ? 'x' : 'y',
            ...(group !== null && { group: `G${group}` }),
          }),
        );
        let splits: Split[];
        try {
          splits = byFolds ? kFold(list, { folds: 3, seed, stratify: 'stratum' }) : [splitByPatient(list, { seed })];
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError); // too few patients
          return;
        }
        for (const split of splits) {
          const place = new Map<string, number>();
          for (const [part, members] of partsOf(split).entries())
            for (const { patient, group } of members)
              for (const key of [patient, ...(group === undefined ? [] : [group])]) {
                expect(place.get(key) ?? part).toBe(part);
                place.set(key, part);
              }
          expect(partsOf(split).flat()).toHaveLength(list.length);
        }
      }),
    );
  });

  it('are left as they are where a split names patients, which separatedDuplicates tells', () => {
    const cases = ['a', 'b', 'c'].map((name): Case => ({ ...caseOf(name, name), group: 'a', duplicateOf: 'a.png' }));
    cases.push(caseOf('d', 'd'));
    const split = splitByPatient(cases, { testPatients: ['c', 'd'] });
    expect(separatedDuplicates(split)).toEqual([{ train: cases[0], test: cases[2] }]);
    expect(separatedDuplicates(splitByPatient(cases, { testPatients: ['d'] }))).toEqual([]);
  });
});
