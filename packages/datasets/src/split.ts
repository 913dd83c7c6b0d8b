import { createRandom } from '@medseg/ops';
import type { Case } from './case.ts';

export interface SplitOptions {
  /** Share of the patients, 0 to 1; at least one patient when it is not 0. */
  validation?: number;
  test?: number;
  seed?: number;
  /** Names the patients instead of drawing them; then `testPatients` has the test patients, and none when it is absent. */
  validationPatients?: string[];
  testPatients?: string[];
}

export interface Split {
  train: Case[];
  validation: Case[];
  test: Case[];
}

/**
 * Splits cases so that no patient is in two parts. Patients are drawn with the seed, or named.
 *
 * Throws RangeError when a share is not in 0..1, when nobody is left to train on, when a patient is named for two
 * parts, or when no named patient is in the data.
 *
 * @example const { train, validation, test } = splitByPatient(cases, { validation: 0.15, test: 0.15, seed: 1 })
 */
export function splitByPatient(
  cases: Case[],
  { validation = 0.15, test = 0.15, seed = 0, validationPatients, testPatients }: SplitOptions = {},
): Split {
  const patients = [...new Set(cases.map((c) => c.patient))].sort();
  const [validationSet, testSet] =
    validationPatients || testPatients
      ? namedPatients(patients, validationPatients ?? [], testPatients ?? [])
      : drawnPatients(patients, validation, test, seed);
  const split: Split = { train: [], validation: [], test: [] };
  for (const c of cases) {
    const part = validationSet.has(c.patient) ? 'validation' : testSet.has(c.patient) ? 'test' : 'train';
    split[part].push(c);
  }
  if (split.train.length === 0) {
    throw new RangeError(
      `split: at least one patient must be left to train on, got ${patients.length} patients, of them ${validationSet.size} for validation and ${testSet.size} for test`,
    );
  }
  return split;
}

function drawnPatients(patients: string[], validation: number, test: number, seed: number): [Set<string>, Set<string>] {
  for (const [name, share] of Object.entries({ validation, test })) {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`split: ${name} must be a share from 0 to 1, got ${share}`);
  }
  if (!(validation + test < 1))
    throw new RangeError(`split: validation and test must leave a share to train on, got ${validation} + ${test}`);
  const count = (share: number): number => (share === 0 ? 0 : Math.max(1, Math.round(share * patients.length)));
  const drawn = Array.from(createRandom(seed).fork('split').permutation(patients.length), (i) => patients[i]!);
  const testCount = count(test);
  return [new Set(drawn.slice(testCount, testCount + count(validation))), new Set(drawn.slice(0, testCount))];
}

function namedPatients(patients: string[], validation: string[], test: string[]): [Set<string>, Set<string>] {
  const both = validation.find((name) => test.includes(name));
  if (both !== undefined)
    throw new RangeError(`split: a patient is in one part only, got ${both} for validation and test`);
  const known = new Set(patients);
  const present = (names: string[]): Set<string> => new Set(names.filter((name) => known.has(name)));
  const sets: [Set<string>, Set<string>] = [present(validation), present(test)];
  const names = [...validation, ...test];
  if (names.length > 0 && sets[0].size + sets[1].size === 0) {
    throw new RangeError(
      `split: named patients must be in the data, got ${names[0]} and ${patients.length} other patients`,
    );
  }
  return sets;
}
