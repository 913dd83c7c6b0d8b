import { type OptionNames, requireList, requireObject, requireOptions } from '@medseg/arguments';
import { createRandom } from '@medseg/random';
import type { Case, DataProblem, NamedPatients } from '../case.ts';
import { DisjointSets } from '../duplicates/union.ts';
import { partsByName } from './named-patients.ts';
import { type Stratum, spread, strataOf } from './stratify.ts';

/**
 * Names the patients instead of drawing them; then `testPatients` has the test patients, and none when it is absent.
 * Every name must be a patient's.
 */
export interface SplitOptions extends NamedPatients {
  /** Share of the patients, 0 to 1; at least one patient when it is not 0. Default 0.15. */
  validation?: number;
  /** Share of the patients, 0 to 1. Default 0.15. */
  test?: number;
  /** Seed of the draw. Default 0. */
  seed?: number;
  /**
   * Spreads patients evenly over the parts: by how much foreground they have, or by the `stratum` of their cases.
   * Default: the number of patients alone.
   */
  stratify?: Stratum;
  /** Problems of the listing: a named patient whose files could not be used need not be in the data. Default none. */
  problems?: readonly DataProblem[];
}

const splitOptionNames: OptionNames<SplitOptions> = {
  validation: true,
  test: true,
  seed: true,
  stratify: true,
  problems: true,
  validationPatients: true,
  testPatients: true,
  trainPatients: true,
  source: true,
};

/** Cases by what they are used for. */
export interface Split {
  /** Cases to train on. */
  train: Case[];
  /** Cases to choose weights by. */
  validation: Case[];
  /** Cases to report scores of. */
  test: Case[];
}

/**
 * Splits cases so that no patient is in two parts. Patients are drawn with the seed, or named; those of one `group` are
 * drawn together.
 *
 * Throws RangeError when a share is not in 0..1, when nobody is left to train on, and for names: when a patient is named
 * for two parts, when a name is no patient's, or when `trainPatients` are given and a patient is in no part. With
 * `source`, what is wrong with names is a DataError of that file.
 *
 * @example const { train, validation, test } = splitByPatient(cases, { validation: 0.15, test: 0.15, seed: 1 })
 */
export function splitByPatient(cases: readonly Case[], options: SplitOptions = {}): Split {
  requireList('splitByPatient: cases', cases);
  requireOptions('splitByPatient', options, splitOptionNames);
  const { validation = 0.15, test = 0.15, seed = 0, stratify, problems = [], ...named } = options;
  const isNamed = named.validationPatients || named.testPatients || named.trainPatients;
  const units = isNamed ? cases : unitsOf(cases);
  const patients = patientsOf(units);
  const [validationSet, testSet] = isNamed
    ? partsByName(cases, named, problems)
    : drawnPatients(units, patients, { validation, test, seed, stratify });
  const split: Split = { train: [], validation: [], test: [] };
  for (const [i, c] of cases.entries()) {
    const { patient } = units[i]!;
    split[validationSet.has(patient) ? 'validation' : testSet.has(patient) ? 'test' : 'train'].push(c);
  }
  if (split.train.length === 0) {
    const joined = units === cases ? '' : '; patients whose images are nearly the same count as one';
    throw new RangeError(
      `split: at least one patient must be left to train on, got ${patients.length} patients, of them ${validationSet.size} for validation and ${testSet.size} for test${joined}`,
    );
  }
  return split;
}

const kFoldOptionNames: OptionNames<NonNullable<Parameters<typeof kFold>[1]>> = {
  folds: true,
  seed: true,
  stratify: true,
};

/**
 * Splits cases into `folds` parts of patients (those of one `group` together), as even as can be, and gives for each the split in which it is the
 * validation part and the others are trained on. Every patient is in one validation part.
 *
 * Throws RangeError when there are fewer than two folds, or fewer patients than folds.
 *
 * @example const [{ train, validation }] = kFold(cases, { folds: 5, seed: 1 }) // the first of five
 */
export function kFold(
  cases: readonly Case[],
  options: {
    folds: number;
    /** Seed of the order of patients. Default 0. */
    seed?: number;
    /** What the parts are evened out by. Default: the number of patients alone. */
    stratify?: Stratum;
  },
): Split[] {
  requireOptions('kFold', options, kFoldOptionNames);
  const { folds, seed = 0, stratify } = options;
  const units = unitsOf(cases);
  const patients = patientsOf(units);
  if (!Number.isInteger(folds) || folds < 2)
    throw new RangeError(`kFold: folds must be a whole number of at least 2, got ${folds}`);
  if (patients.length < folds)
    throw new RangeError(`kFold: there must be a patient for each of ${folds} folds, got ${patients.length}`);
  const drawn = drawOrder(units, patients, seed, stratify);
  // In a row and not one by one, which would go round in step with the strata.
  const foldOf = new Map(drawn.map((patient, i) => [patient, Math.floor((i * folds) / drawn.length)]));
  return Array.from({ length: folds }, (_, fold) => ({
    train: cases.filter((_, i) => foldOf.get(units[i]!.patient) !== fold),
    validation: cases.filter((_, i) => foldOf.get(units[i]!.patient) === fold),
    test: [],
  }));
}

/** The cases with one patient for all that share a group, and with that one's stratum. */
function unitsOf(cases: readonly Case[]): readonly Case[] {
  if (cases.every(({ group }) => group === undefined)) return cases;
  const patients = patientsOf(cases);
  const numberOf = new Map(patients.map((name, i) => [name, i]));
  const sets = new DisjointSets(patients.length);
  const firstOf = new Map<string, number>();
  for (const { patient, group } of cases) {
    if (group === undefined) continue;
    const number = numberOf.get(patient)!;
    sets.join(number, firstOf.get(group) ?? number);
    firstOf.set(group, firstOf.get(group) ?? number);
  }
  const strata = new Map(cases.map(({ patient, stratum }) => [patient, stratum]));
  return cases.map((c) => {
    const patient = patients[sets.find(numberOf.get(c.patient)!)]!;
    const stratum = strata.get(patient);
    return patient === c.patient ? c : { ...c, patient, ...(stratum !== undefined && { stratum }) };
  });
}

/**
 * Cases whose images are nearly the same, as `checkCases` found, and which a split has put into different parts: for each
 * such set of images one case in every part that has one.
 *
 * @example separatedDuplicates({ train: [], validation: [], test: [] }) // []
 */
export function separatedDuplicates(split: Split): { [Part in keyof Split]?: Case }[] {
  requireObject('separatedDuplicates: split', split, ['train', 'validation', 'test']);
  const sets = new Map<string, { [Part in keyof Split]?: Case }>();
  for (const part of ['train', 'validation', 'test'] as const)
    for (const c of split[part]) {
      if (c.duplicateOf === undefined) continue;
      const found = sets.get(c.duplicateOf) ?? {};
      found[part] ??= c;
      sets.set(c.duplicateOf, found);
    }
  return [...sets.values()].filter((parts) => Object.keys(parts).length > 1);
}

function patientsOf(cases: readonly Case[]): string[] {
  return [...new Set(cases.map((c) => c.patient))].sort();
}

/** Patients in random order; where they are stratified, any part of it in a row has its share of each stratum. */
function drawOrder(
  cases: readonly Case[],
  patients: readonly string[],
  seed: number,
  stratify: Stratum | undefined,
): string[] {
  const drawn = Array.from(createRandom(seed).fork('split').permutation(patients.length), (i) => patients[i]!);
  return stratify ? spread(drawn, strataOf(cases, stratify)) : drawn;
}

function drawnPatients(
  cases: readonly Case[],
  patients: readonly string[],
  {
    validation,
    test,
    seed,
    stratify,
  }: { validation: number; test: number; seed: number; stratify: Stratum | undefined },
): [Set<string>, Set<string>] {
  for (const [name, share] of Object.entries({ validation, test })) {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`split: ${name} must be a share from 0 to 1, got ${share}`);
  }
  if (!(validation + test < 1))
    throw new RangeError(`split: validation and test must leave a share to train on, got ${validation} + ${test}`);
  const count = (share: number): number => (share === 0 ? 0 : Math.max(1, Math.round(share * patients.length)));
  const drawn = drawOrder(cases, patients, seed, stratify);
  const testCount = count(test);
  return [new Set(drawn.slice(testCount, testCount + count(validation))), new Set(drawn.slice(0, testCount))];
}
