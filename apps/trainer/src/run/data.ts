import {
  acceptCases,
  type Case,
  type LayoutName,
  type Listing,
  type NamedPatients,
  type Normalization,
  parseClasses,
  remarkLines,
  type Split,
  splitByPatient,
} from '@medseg/datasets';
import { checkCases, LAYOUTS, readSplit } from '@medseg/datasets/node';
import type { Run, RunConfig } from '@medseg/pipeline';
import { type Classes, classesOf, classMapOf } from '@medseg/pipeline';
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
  maskThreshold?: number | undefined;
  maxFileBytes?: number | undefined;
}

/** What options may say otherwise than the run. */
export interface DataOverrides {
  readonly data?: string;
  readonly layout?: LayoutName;
  readonly skipInvalid?: boolean;
  readonly maskThreshold?: number;
  readonly maxFileBytes?: number;
}

/** The data that the options name, else the run's own. Throws UserError where there is neither. */
export function dataChoiceOf(
  run: Run,
  { data, layout, skipInvalid, maskThreshold, maxFileBytes }: DataOverrides,
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
    // Other masks may have other values.
    maskThreshold: maskThreshold ?? (data === undefined ? own?.maskThreshold : undefined),
    maxFileBytes: maxFileBytes ?? own?.maxFileBytes,
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
}

/** Every usable case of a folder; reads each file once. Files that are left out are remarked upon. */
export async function readData(
  { dir, layout, skipInvalid, classes, patientPattern, maskThreshold, maxFileBytes }: DataChoice,
  signal?: AbortSignal,
): Promise<UsableData> {
  const map = classes && classMapOf(classes);
  const listing = await LAYOUTS[layout](dir, {
    ...(map && { classes: map }),
    ...(patientPattern !== undefined && { patientPattern: new RegExp(patientPattern) }),
    ...(maskThreshold !== undefined && { maskThreshold }),
    ...(maxFileBytes !== undefined && { maxFileBytes }),
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
export function configuredData(data: RunConfig['data']): DataChoice {
  const { dir, layout, skipInvalid, classes, patientPattern, maskThreshold, maxFileBytes } = data;
  try {
    if (patientPattern !== undefined) new RegExp(patientPattern);
    return {
      dir,
      layout,
      skipInvalid,
      patientPattern,
      maskThreshold,
      maxFileBytes,
      classes: classes === undefined ? undefined : classesOf(parseClasses(classes)),
    };
  } catch (error) {
    throw new UserError((error as Error).message, 2);
  }
}

/** Splits by patient: as the data set itself says, else drawn with the run's seed. */
export async function splitCases({ cases, split }: UsableData, { data, seed }: RunConfig): Promise<Split> {
  const { validation, test } = data;
  try {
    // A diagnosis, of which each part should have its share; other layouts keep the splits that their runs have.
    const stratify = data.layout === 'class-folders' && haveOneStratumEach(cases) && { stratify: 'stratum' as const };
    return splitByPatient(cases, { validation, test, seed, ...stratify, ...split, ...(await readSplit(data.dir)) });
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${data.dir}: ${error.message}`);
    throw error;
  }
}

/** Whether every case has a stratum, and no patient several. */
function haveOneStratumEach(cases: readonly Case[]): boolean {
  const strata = new Map<string, string | undefined>();
  return cases.every(({ patient, stratum }) => {
    if (!strata.has(patient)) strata.set(patient, stratum);
    return stratum !== undefined && strata.get(patient) === stratum;
  });
}

/** The patients of some cases, each once, in order. */
export function patientsOf(cases: readonly Pick<Case, 'patient'>[]): string[] {
  return [...new Set(cases.map((c) => c.patient))].sort();
}
