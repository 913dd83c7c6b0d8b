import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case } from '../case.ts';
import { splitByPatient } from './split.ts';

const casesOf = (patients: string[]): Case[] =>
  patients.map((patient, i) => ({ id: `${i}`, patient, images: [`${i}.tif`], masks: [{ path: `${i}_mask.tif` }] }));

describe('splitByPatient', () => {
  it('never puts a patient into two parts, and loses no case', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 12 }).map(String), { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        (patients, validation, test, seed) => {
          const cases = casesOf(patients);
          let split: ReturnType<typeof splitByPatient>;
          try {
            split = splitByPatient(cases, { validation, test, seed });
          } catch (error) {
            // Too many wanted for the patients there are: refused, not squeezed.
            expect(error).toBeInstanceOf(RangeError);
            return;
          }
          const parts = [split.train, split.validation, split.test].map((part) => new Set(part.map((c) => c.patient)));
          expect(parts.reduce((sum, part) => sum + part.size, 0)).toBe(new Set(patients).size);
          expect([...split.train, ...split.validation, ...split.test].map((c) => c.id).sort()).toEqual(
            cases.map((c) => c.id).sort(),
          );
          expect(split.train.length).toBeGreaterThan(0);
          if (validation > 0) expect(split.validation.length).toBeGreaterThan(0);
          if (test > 0) expect(split.test.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  const twenty = casesOf(Array.from({ length: 40 }, (_, i) => `P${i % 20}`));

  it('takes the shares of the patients, the same for the same seed and whatever the order of the cases', () => {
    const split = splitByPatient(twenty, { validation: 0.15, test: 0.25, seed: 3 });
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([24, 6, 10]);
    const again = splitByPatient([...twenty].reverse(), { validation: 0.15, test: 0.25, seed: 3 });
    expect(again.test.map((c) => c.id).sort()).toEqual(split.test.map((c) => c.id).sort());
    expect(splitByPatient(twenty, { validation: 0.15, test: 0.25, seed: 4 }).test).not.toEqual(split.test);
  });

  it('honours named patients, with no test part unless one is named', () => {
    const split = splitByPatient(twenty, { validationPatients: ['P1', 'P2'] });
    expect(new Set(split.validation.map((c) => c.patient))).toEqual(new Set(['P1', 'P2']));
    expect(split.test).toEqual([]);
    expect(
      splitByPatient(twenty, { validationPatients: ['P1'], testPatients: ['P2'] }).test.map((c) => c.patient),
    ).toEqual(['P2', 'P2']);
  });

  it.each<[string, string[], Parameters<typeof splitByPatient>[1], string]>([
    [
      'shares that leave nothing',
      ['a', 'b'],
      { validation: 0.5, test: 0.5 },
      'must leave a share to train on, got 0.5 + 0.5',
    ],
    [
      'too few patients',
      ['a', 'b', 'b'],
      {},
      'at least one patient must be left to train on, got 2 patients, of them 1 for validation and 1 for test',
    ],
    ['a share below 0', ['a'], { validation: -0.1 }, 'validation must be a share from 0 to 1, got -0.1'],
    [
      'a patient in two parts',
      ['a', 'b', 'c'],
      { validationPatients: ['a'], testPatients: ['a'] },
      'in one part only, got a',
    ],
    [
      'names of another data set',
      ['a', 'b'],
      { validationPatients: ['x'] },
      'named patients must be in the data, got x',
    ],
  ])('refuses %s', (_, patients, options, message) => {
    expect(() => splitByPatient(casesOf(patients), options)).toThrow(RangeError);
    expect(() => splitByPatient(casesOf(patients), options)).toThrow(message);
  });
});
