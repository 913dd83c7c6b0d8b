import { resolve } from 'node:path';
import {
  acceptCases,
  type Case,
  type ClassMap,
  type DataProblem,
  type LayoutName,
  type Listing,
  type NamedPatients,
  type Normalization,
  parseClasses,
  remarkLines,
} from '@medseg/datasets';
import { checkCases, LAYOUTS } from '@medseg/datasets/node';
import type { Run, RunConfig } from '@medseg/pipeline';
import { type Classes, classesOf, classMapOf } from '@medseg/pipeline';
import { output } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { UserError } from '../terminal/user-error.ts';
import { dataFolderOf } from './data-folder.ts';
import { patientPattern as readPattern } from './patient-pattern.ts';
import { inOrderOfRun } from './run-classes.ts';

export interface DataChoice {
  dir: string;
  layout: LayoutName;
  skipInvalid: boolean;
  /** The classes that masks must have; else as the layout says. */
  classes?: Classes | undefined;
  /** Those that a run was trained with; data that names its classes itself must have them too. */
  trained?: Classes | undefined;
  patientPattern?: string | undefined;
  maskThreshold?: number | undefined;
  maxFileBytes?: number | undefined;
  /** Which DICOM series of a patient is the image. */
  series?: string | undefined;
  /** Whether to look for images of different patients that are nearly the same; so it is unless given. */
  duplicates?: boolean | undefined;
}

/** Options that override what the run says of its data. */
export interface DataOverrides {
  readonly data?: string;
  readonly layout?: LayoutName;
  readonly skipInvalid?: boolean;
  /** What the values of the masks mean, as a command line has it. */
  readonly classes?: string;
  readonly maskThreshold?: number;
  readonly patientPattern?: string;
  readonly maxFileBytes?: number;
}

/** The data that the options name, else the run's own. Throws UserError where there is neither. */
export function dataChoiceOf(
  run: Run,
  { data, layout, skipInvalid, classes, maskThreshold, maxFileBytes, patientPattern }: DataOverrides,
): DataChoice {
  const own = run.info.kind === 'trained' ? run.info.config.data : undefined;
  const dir = data ?? dataFolderOf(run);
  const chosen = layout ?? own?.layout;
  if (dir === undefined || chosen === undefined) {
    throw new UserError(`${run.name}: was imported and has no data of its own; give --data and --layout`, 2);
  }
  return {
    dir,
    layout: chosen,
    skipInvalid: skipInvalid ?? own?.skipInvalid ?? false,
    ...classesToRead(run, { data, classes }),
    // Other data may name its patients otherwise.
    patientPattern: patientPattern ?? (data === undefined ? own?.patientPattern : undefined),
    // Other masks may have other values.
    maskThreshold: maskThreshold ?? (data === undefined ? own?.maskThreshold : undefined),
    maxFileBytes: maxFileBytes ?? own?.maxFileBytes,
    series: chosen === 'dicom' ? own?.series : undefined,
    duplicates: own?.duplicates,
  };
}

/** Classes that are given hold; so do those given in training, for the data of the training. */
function classesToRead(
  run: Run,
  { data, classes }: { data: string | undefined; classes: string | undefined },
): Pick<DataChoice, 'classes' | 'trained'> {
  if (classes !== undefined) return { classes: classesIn(classes) };
  const { info } = run;
  if (info.kind !== 'trained') return {};
  const own = dataFolderOf(run);
  const isOwn = data === undefined || (own !== undefined && resolve(own) === resolve(data));
  const isGiven = isOwn && info.config.data.classes !== undefined;
  return isGiven ? { classes: info.classes } : { trained: info.classes };
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
export async function readData(choice: DataChoice, signal?: AbortSignal): Promise<UsableData> {
  const checked = await checkData(choice, signal);
  const usable = usableData(checked, choice);
  for (const line of remarkLines(checked.remarks ?? [])) output.remark(line);
  for (const { file, rule } of checked.problems) output.remark(`left out ${file}: ${rule}`);
  return usable;
}

/** Lists a folder and reads every file in it once. */
export async function checkData(
  { dir, layout, classes, trained, patientPattern, maskThreshold, maxFileBytes, series, duplicates = true }: DataChoice,
  signal?: AbortSignal,
): Promise<Listing> {
  const options = {
    ...(patientPattern !== undefined && { patientPattern: readPattern(patientPattern, 'data.patientPattern') }),
    ...(maskThreshold !== undefined && { maskThreshold }),
    ...(maxFileBytes !== undefined && { maxFileBytes }),
    ...(series !== undefined && { series }),
  };
  const given = classes && classMapOf(classes);
  const wanted = trained && classMapOf(trained);
  const list = (map: ClassMap | undefined): Promise<Listing> =>
    LAYOUTS[layout](dir, { ...options, ...(map && { classes: map }) });
  const listing = wanted ? await listForRun(list, wanted, { dir, layout }) : await list(given);
  return await check(listing, duplicates, signal);
}

/** A folder with the classes of a run, by name where it names its own. */
async function listForRun(
  list: (map: ClassMap | undefined) => Promise<Listing>,
  wanted: ClassMap,
  where: { dir: string; layout: LayoutName },
): Promise<Listing> {
  // Its classes are names of files, of which those of the run are taken.
  if (where.layout === 'totalsegmentator') return await list(wanted);
  const listing = await list(undefined);
  const { classes } = listing;
  return classes ? await inOrderOfRun({ ...listing, classes }, wanted, where) : await list(wanted);
}

/** What can be used of a folder that was read. Throws DataError where that is nothing, or not all and nobody said to skip. */
export function usableData(checked: Listing, { skipInvalid }: Pick<DataChoice, 'skipInvalid'>): UsableData {
  return {
    cases: acceptCases(checked, { skipInvalid, hint: 'use --skip-invalid to leave out what cannot be used' }),
    classes: classesOf(checked.classes),
    normalization: checked.normalization ?? { mode: 'mri' },
    split: checked.split,
    problems: checked.problems,
  };
}

async function check(listing: Listing, duplicates: boolean, signal: AbortSignal | undefined): Promise<Listing> {
  const progress = createProgress('reading');
  try {
    return await checkCases(listing, {
      ...(signal && { signal }),
      duplicates,
      onCase: (done, of) => progress.update(done / of, `${done} of ${of}`),
    });
  } finally {
    progress.stop();
  }
}

/** What a configuration says of its data. Throws UserError for classes and patterns that are not well formed. */
export function configuredData(data: RunConfig['data']): DataChoice {
  const { dir, layout, skipInvalid, classes, patientPattern, maskThreshold, maxFileBytes, series, duplicates } = data;
  if (series !== undefined && layout !== 'dicom')
    throw new UserError(`data.series: only the layout dicom has series to choose from, got ${layout}`, 2);
  try {
    if (patientPattern !== undefined) readPattern(patientPattern, 'data.patientPattern');
    return {
      dir,
      layout,
      skipInvalid,
      patientPattern,
      maskThreshold,
      maxFileBytes,
      series,
      duplicates,
      classes: classes === undefined ? undefined : classesIn(classes),
    };
  } catch (error) {
    throw error instanceof UserError ? error : new UserError((error as Error).message, 2);
  }
}

function classesIn(text: string): Classes {
  try {
    return classesOf(parseClasses(text));
  } catch (error) {
    throw new UserError((error as Error).message, 2);
  }
}
