import {
  acceptCases,
  type Case,
  type DataProblem,
  type LayoutName,
  type Listing,
  type NamedPatients,
  type Normalization,
  parseClasses,
  remarkLines,
  type Split,
  shortList,
  splitByPatient,
} from '@medseg/datasets';
import { checkCases, LAYOUTS, readSplit } from '@medseg/datasets/node';
import type { Run, RunConfig } from '@medseg/pipeline';
import { type Classes, chooseCases, classesOf, classMapOf, missingPatients, type SplitName } from '@medseg/pipeline';
import { output } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { UserError } from '../terminal/user-error.ts';

export interface DataChoice {
  dir: string;
  layout: LayoutName;
  skipInvalid: boolean;
  /** The classes that masks must have; else as the layout says. */
  classes?: Classes | undefined;
  patientPattern?: string | undefined;
}

/** The data that the options name, else the run's own. Throws UserError where there is neither. */
export function dataChoiceOf(
  run: Run,
  { data, layout, skipInvalid }: { data?: string; layout?: LayoutName; skipInvalid?: boolean },
): DataChoice {
  const own = run.info.kind === 'trained' ? run.info.config.data : undefined;
  const dir = data ?? own?.dir;
  const chosen = layout ?? own?.layout;
  if (dir === undefined || chosen === undefined) {
    throw new UserError(`${run.name}: was imported and has no data of its own; give --data and --layout`, 2);
  }
  return {
    dir,
    layout: chosen,
    skipInvalid: skipInvalid ?? own?.skipInvalid ?? false,
    classes: run.info.kind === 'trained' ? run.info.classes : undefined,
    patientPattern: own?.patientPattern,
  };
}

/** What can be used of a folder. */
export interface UsableData {
  readonly cases: Case[];
  readonly classes: Classes;
  /** How the intensities of this kind of data are normalised. */
  readonly normalization: Normalization;
  /** The patients that the layout sets apart. */
  readonly split?: NamedPatients | undefined;
  /** Of the files that were left out. */
  readonly problems: readonly DataProblem[];
}

/** Every usable case of a folder; reads each file once. Files that are left out are remarked upon. */
export async function readData(
  { dir, layout, skipInvalid, classes, patientPattern }: DataChoice,
  signal?: AbortSignal,
): Promise<UsableData> {
  const map = classes && classMapOf(classes);
  const listing = await LAYOUTS[layout](dir, {
    ...(map && { classes: map }),
    ...(patientPattern !== undefined && { patientPattern: new RegExp(patientPattern) }),
  });
  const checked = await check(listing, signal);
  const cases = acceptCases(checked, { skipInvalid, hint: 'use --skip-invalid to leave out what cannot be used' });
  for (const line of remarkLines(checked.remarks ?? [])) output.remark(line);
  for (const { file, rule } of checked.problems) output.remark(`left out ${file}: ${rule}`);
  return {
    cases,
    classes: classesOf(checked.classes),
    normalization: checked.normalization ?? { mode: 'mri' },
    split: checked.split,
    problems: checked.problems,
  };
}

async function check(listing: Listing, signal: AbortSignal | undefined): Promise<Listing> {
  const progress = createProgress('reading');
  try {
    return await checkCases(listing, {
      ...(signal && { signal }),
      onCase: (done, of) => progress.update(done / of, `${done} of ${of}`),
    });
  } finally {
    progress.stop();
  }
}

/** What a configuration says of its data. Throws UserError for classes and patterns that are not well formed. */
export function configuredData({ dir, layout, skipInvalid, classes, patientPattern }: RunConfig['data']): DataChoice {
  try {
    if (patientPattern !== undefined) new RegExp(patientPattern);
    return {
      dir,
      layout,
      skipInvalid,
      patientPattern,
      classes: classes === undefined ? undefined : classesOf(parseClasses(classes)),
    };
  } catch (error) {
    throw new UserError((error as Error).message, 2);
  }
}

/** Splits by patient: as a run that is resumed was begun with, else as the data set itself says, else drawn with the seed. */
export async function splitCases(
  { cases, split, problems }: UsableData,
  { data, seed }: Pick<RunConfig, 'data' | 'seed'>,
  begun?: Run,
): Promise<Split> {
  const { validation, test } = data;
  const named = begun ? recordedSplit(begun) : { ...split, ...(await readSplit(data.dir)) };
  try {
    return splitByPatient(cases, { validation, test, seed, problems, ...named });
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${data.dir}: ${error.message}`);
    throw error;
  }
}

/** Every patient of a run by part, so that one who is gone from the data, or new in it, is noticed. */
function recordedSplit(run: Run): NamedPatients {
  const { train, validation, test } = run.info.patients;
  return { trainPatients: train, validationPatients: validation, testPatients: test, source: run.placeOf('info') };
}

/** The cases of a run's split. Says of whom there are none though the run has them; throws RunError where there are none. */
export function chooseFrom({ cases, problems }: UsableData, run: Run, split: SplitName, dir: string): Case[] {
  const chosen = chooseCases(run, cases, split, dir);
  const leftOut = new Set(problems.map(({ patient }) => patient));
  const missing = missingPatients(run, cases, split).filter((name) => !leftOut.has(name));
  if (missing.length > 0)
    output.remark(
      `note: ${missing.length} of the ${split} patients of ${run.name} are not in ${dir}: ${shortList(missing)}`,
    );
  return chosen;
}

/** The patients of some cases, each once, in order. */
export function patientsOf(cases: readonly Pick<Case, 'patient'>[]): string[] {
  return [...new Set(cases.map((c) => c.patient))].sort();
}
