import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case } from '../case.ts';
import { kFold, splitByPatient } from './split.ts';

/** Patients of whom a third has no foreground, and the others ever more. */
const casesOf = (patients: number): Case[] =>
  Array.from({ length: 2 * patients }, (_, i) => {
    const patient = Math.floor(i / 2);
    return {
      id: `${i}`,
      patient: `P${patient}`,
      images: [],
      masks: [],
      stratum: patient % 4 === 0 ? 'rare' : 'usual',
      facts: {
        size: [10, 10],
        channels: 1,
        dtype: 'uint8',
        minimum: 0,
        maximum: 1,
        mean: 0,
        foreground: [patient % 3 === 0 ? 0 : patient],
      },
    };
  });
const shareOf = (cases: readonly Case[], test: (c: Case) => boolean): number =>
  cases.filter(test).length / Math.max(1, cases.length);

describe('stratified splits', () => {
  it('have in each part the share of each stratum, to within a patient', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 12, max: 80 }),
        fc.constantFrom('stratum' as const, 'foreground' as const),
        (seed, patients, stratify) => {
          const cases = casesOf(patients);
          const test =
            stratify === 'stratum' ? (c: Case) => c.stratum === 'rare' : (c: Case) => c.facts!.foreground[0] === 0;
          const split = splitByPatient(cases, { validation: 0.25, test: 0.25, seed, stratify });
          for (const part of [split.train, split.validation, split.test])
            expect(Math.abs(shareOf(part, test) - shareOf(cases, test)) * (part.length / 2)).toBeLessThanOrEqual(1.5);
          for (const { validation } of kFold(cases, { folds: 4, seed, stratify }))
            expect(
              Math.abs(shareOf(validation, test) - shareOf(cases, test)) * (validation.length / 2),
            ).toBeLessThanOrEqual(1.5);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are the same for a seed and others for another, and tell what is missing', () => {
    const cases = casesOf(30);
    const ids = (seed: number): string[] =>
      splitByPatient(cases, { seed, stratify: 'foreground' }).test.map((c) => c.id);
    expect(ids(1)).toEqual(ids(1));
    expect(ids(1)).not.toEqual(ids(2));
    const { facts: _, stratum: __, ...bare } = cases[0]!;
    expect(() => splitByPatient([bare, ...cases.slice(2)], { stratify: 'foreground' })).toThrow(
      '0 must have been read by checkCases',
    );
    expect(() => splitByPatient([bare, ...cases.slice(2)], { stratify: 'stratum' })).toThrow('got none for 0');
    expect(() => splitByPatient([{ ...cases[0]!, stratum: 'x' }, ...cases.slice(1)], { stratify: 'stratum' })).toThrow(
      'got x and rare for P0',
    );
  });
});

describe('kFold', () => {
  it('has folds of even size and refuses more folds than patients', () => {
    const sizes = kFold(casesOf(23), { folds: 5, seed: 1 }).map(({ validation }) => validation.length / 2);
    expect(sizes.sort()).toEqual([4, 4, 5, 5, 5]);
    expect(() => kFold(casesOf(3), { folds: 4 })).toThrow('a patient for each of 4 folds, got 3');
    expect(() => kFold(casesOf(3), { folds: 1 })).toThrow('folds must be a whole number of at least 2, got 1');
  });
});
