import { acceptCases, type Case, type Split, splitByPatient } from '@medseg/datasets';
import { checkCases, LAYOUTS, readSplit } from '@medseg/datasets/node';
import type { RunConfig } from './config.ts';
import type { RunFolder } from './run-folder.ts';
import { UserError } from './user-error.ts';

export interface DataChoice {
  dir: string;
  layout: keyof typeof LAYOUTS;
  skipInvalid: boolean;
}

/** The data that the options name, else the run's own. Throws UserError where there is neither. */
export function dataChoiceOf(
  run: RunFolder,
  { data, layout, skipInvalid }: { data?: string; layout?: DataChoice['layout']; skipInvalid?: boolean },
): DataChoice {
  const own = run.info.kind === 'trained' ? run.info.config.data : undefined;
  const dir = data ?? own?.dir;
  const chosen = layout ?? own?.layout;
  if (dir === undefined || chosen === undefined) {
    throw new UserError(`${run.path}: was imported and has no data of its own; give --data and --layout`, 2);
  }
  return { dir, layout: chosen, skipInvalid: skipInvalid ?? own?.skipInvalid ?? false };
}

/** Every usable case of a folder; reads each file once. `warn` is told of the files that are left out. */
export async function readCases(
  { dir, layout, skipInvalid }: DataChoice,
  warn: (line: string) => void,
): Promise<Case[]> {
  const listing = await checkCases(await LAYOUTS[layout](dir));
  const cases = acceptCases(listing, { skipInvalid, hint: 'use --skip-invalid to leave out what cannot be used' });
  for (const { file, rule } of listing.problems) warn(`left out ${file}: ${rule}`);
  return cases;
}

/** Splits by patient: as the data set itself says in split.json, else drawn with the run's seed. */
export async function splitCases(cases: Case[], { data, seed }: RunConfig): Promise<Split> {
  const { validation, test } = data;
  try {
    return splitByPatient(cases, { validation, test, seed, ...(await readSplit(data.dir)) });
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${data.dir}: ${error.message}`);
    throw error;
  }
}

/** The patients of some cases, each once, in order. */
export function patientsOf(cases: readonly Pick<Case, 'patient'>[]): string[] {
  return [...new Set(cases.map((c) => c.patient))].sort();
}
