import { resolve } from 'node:path';
import {
  absentClasses,
  type Case,
  ignoredRemark,
  kFold,
  type NamedPatients,
  requireForeground,
  type Split,
  type SplitOptions,
  separatedDuplicates,
  shortList,
  splitByPatient,
} from '@medseg/datasets';
import { readSplit } from '@medseg/datasets/node';
import { plural } from '@medseg/metrics';
import {
  chooseCases,
  copiesOfTraining,
  missingPatients,
  type Run,
  type RunConfig,
  type SplitName,
} from '@medseg/pipeline';
import { output } from '../terminal/output.ts';
import { UserError } from '../terminal/user-error.ts';
import { remarkChanges } from './changed-data.ts';
import type { UsableData } from './data.ts';
import { dataFolderOf } from './data-folder.ts';

/** How data is split, and what the user should know about it. */
export interface SplitData {
  readonly split: Split;
  readonly remarks: readonly string[];
}

/**
 * Splits by patient: as a run that is resumed was begun with, else by `data.folds`, else as the data set itself says, else
 * drawn with the seed.
 *
 * Throws DataError and UserError for data that cannot be trained on: names of nobody, nobody to train on, masks to train
 * on that are all empty, folds where the data set names its own parts.
 */
export async function splitCases(
  { cases, split, problems }: UsableData,
  { data, seed }: Pick<RunConfig, 'data' | 'seed'>,
  begun?: Run,
): Promise<SplitData> {
  const { validation, test, dir, folds, fold, splitSeed = seed } = data;
  requireForeground(cases, dir);
  const named = begun ? recordedSplit(begun) : { ...split, ...(await readSplit(dir)) };
  const hint = cases.some(({ group }) => group) ? '; data.duplicates: false counts them one by one' : '';
  // A diagnosis, of which each part should have its share; other layouts keep the splits that their runs have.
  const stratify = data.layout === 'class-folders' && haveOneStratumEach(cases) && { stratify: 'stratum' as const };
  const isFolded = begun === undefined && folds !== undefined && fold !== undefined;
  if (isFolded) requireNoNames(named, dir);
  const drawn = usable(dir, hint, () =>
    isFolded
      ? splitByFold(cases, { folds, fold, validation, seed: splitSeed, ...stratify })
      : splitByPatient(cases, { validation, test, seed: splitSeed, problems, ...stratify, ...named }),
  );
  requireForeground(drawn.train, `${dir}, the part to train on`);
  const ignored = ignoredRemark(cases);
  const ruled =
    begun || named.source === undefined ? [] : [`split by ${named.source}; data.validation and data.test are not used`];
  const remarks = [
    ...ruled,
    ...(ignored ? [ignored] : []),
    ...presenceRemarks(cases, drawn),
    ...separationRemarks(drawn),
  ];
  return { split: drawn, remarks };
}

interface FoldOptions extends Pick<SplitOptions, 'stratify'> {
  readonly folds: number;
  readonly fold: number;
  readonly validation: number;
  readonly seed: number;
}

/**
 * The split of one fold: its patients are tested on, and of the others a share chooses the weights, so that those who are
 * scored choose nothing. Over all folds every patient is scored once.
 */
function splitByFold(cases: readonly Case[], { folds, fold, validation, seed, ...stratify }: FoldOptions): Split {
  const { train: others, validation: test } = kFold(cases, { folds, seed, ...stratify })[fold]!;
  return { ...splitByPatient(others, { validation, test: 0, seed, ...stratify }), test };
}

/** Throws UserError where a data set names its parts: folds would take its test patients to train on. */
function requireNoNames({ source, ...named }: NamedPatients, dir: string): void {
  if (Object.values(named).every((names) => names === undefined)) return;
  throw new UserError(
    `data.folds: must not be given where the data set names its own parts, as ${source ?? dir} does: folds would train on its test patients`,
    2,
  );
}

/** Whether every case has a stratum, and no patient several. */
function haveOneStratumEach(cases: readonly Case[]): boolean {
  const strata = new Map<string, string | undefined>();
  return cases.every(({ patient, stratum }) => {
    if (!strata.has(patient)) strata.set(patient, stratum);
    return stratum !== undefined && strata.get(patient) === stratum;
  });
}

function usable<T>(dir: string, hint: string, divide: () => T): T {
  try {
    return divide();
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${dir}: ${error.message}${hint}`);
    throw error;
  }
}

/** Every patient of a run by part, so that one who is gone from the data, or new in it, is noticed. */
function recordedSplit(run: Run): NamedPatients {
  const { train, validation, test } = run.info.patients;
  return { trainPatients: train, validationPatients: validation, testPatients: test, source: run.placeOf('info') };
}

/** Which classes cannot be learned, or cannot be scored, since no mask has them. */
function presenceRemarks(cases: readonly Case[], split: Split): string[] {
  const absent = absentClasses(cases);
  const parts = { training: split.train, validation: split.validation, test: split.test };
  const ofParts = Object.entries(parts).flatMap(([name, part]) => {
    const missing = absentClasses(part).filter((each) => !absent.includes(each));
    return missing.length > 0 ? [`no mask of the ${name} part has a pixel of ${missing.join(', ')}`] : [];
  });
  return [...(absent.length > 0 ? [`no mask has a pixel of ${absent.join(', ')}`] : []), ...ofParts];
}

/** So many pairs of images are named. */
const MOST_PAIRS = 5;

/** Which images are nearly the same though a split that names patients has put them into different parts. */
function separationRemarks(split: Split): string[] {
  const pairs = separatedDuplicates(split).map((parts) =>
    Object.entries(parts)
      .map(([part, c]) => `${c.images[0]} (${part})`)
      .join(' and '),
  );
  const lines = pairs
    .slice(0, MOST_PAIRS)
    .map((pair) => `the split separates images that are nearly the same: ${pair}`);
  const more = pairs.length - MOST_PAIRS;
  return more > 0
    ? [...lines, `the split separates ${plural(more, 'more images')} from ones that are nearly the same`]
    : lines;
}

/** Which part of what folder is chosen. */
interface ChooseOptions {
  readonly split: SplitName;
  readonly dir: string;
  /** What has been said of the data; several runs on the same data say it once. */
  readonly said?: Set<string>;
}

/**
 * The cases of a run's split. Says of whom there are none though the run has them, which cases have changed since it was begun,
 * and which classes they lack.
 *
 * Throws RunError where there are no cases, and DataError where their masks are all empty: there is nothing to score.
 */
export async function chooseFrom(
  { cases, problems }: UsableData,
  run: Run,
  { split, dir, said = new Set() }: ChooseOptions,
): Promise<Case[]> {
  const say = (note: string): void => {
    if (!said.has(note)) output.remark(`note: ${note}`);
    said.add(note);
  };
  const chosen = chooseCases(run, cases, split, dir);
  const leftOut = new Set(problems.map(({ patient }) => patient));
  const missing = missingPatients(run, cases, split).filter((name) => !leftOut.has(name));
  if (missing.length > 0)
    output.remark(
      `note: ${missing.length} of the ${split} patients of ${run.name} ${missing.length === 1 ? 'is' : 'are'} not in ${dir}: ${shortList(missing)}`,
    );
  const own = dataFolderOf(run);
  await remarkChanges(run, chosen, { split, isOwn: own !== undefined && resolve(own) === resolve(dir) });
  requireForeground(chosen, split === 'all' ? dir : `${dir}, the ${split} part`);
  const trained = new Set(run.info.patients.train);
  const learned = new Set(cases.flatMap((c) => (trained.has(c.patient) ? (c.duplicateOf ?? []) : [])));
  const strangers = chosen.filter((c) => !trained.has(c.patient));
  const copies = new Set(copiesOfTraining(strangers, run.trainingData));
  const known = strangers.filter((c) => copies.has(c) || (c.duplicateOf && learned.has(c.duplicateOf)));
  if (known.length > 0)
    output.remark(
      `note: images that are scored are copies of ones that ${run.name} was trained on: ${shortList(known.map((c) => c.images[0]!))}`,
    );
  const ignored = ignoredRemark(chosen);
  if (ignored !== undefined) say(ignored);
  const absent = absentClasses(chosen);
  if (absent.length > 0) say(`no mask that is scored has a pixel of ${absent.join(', ')}`);
  return chosen;
}

/** The patients of some cases, each once, in order. */
export function patientsOf(cases: readonly Pick<Case, 'patient'>[]): string[] {
  return [...new Set(cases.map((c) => c.patient))].sort();
}
