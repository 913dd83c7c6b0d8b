import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DataError } from './data-error.ts';
import { splitFilePlaces } from './list-lgg.ts';
import type { SplitOptions } from './split.ts';

/**
 * Reads the patients that a data set itself sets apart: `split.json` in `dir` (or beside it when it is `kaggle_3m`)
 * with `validation_patients` and perhaps `test_patients`. Gives {} when there is no such file.
 *
 * Throws DataError naming the file when it is not such JSON.
 *
 * @example splitByPatient(cases, { seed: 1, ...(await readSplit('data/lgg')) })
 */
export async function readSplit(dir: string): Promise<Pick<SplitOptions, 'validationPatients' | 'testPatients'>> {
  for (const file of splitFilePlaces(resolve(dir))) {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw error;
    }
    const parsed = parseSplit(text);
    if (typeof parsed === 'string') throw new DataError([{ file, rule: parsed }]);
    return parsed;
  }
  return {};
}

function parseSplit(text: string): Pick<SplitOptions, 'validationPatients' | 'testPatients'> | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'a split file must be JSON';
  }
  if (typeof json !== 'object' || json === null) return 'a split file must be a JSON object';
  const { validation_patients: validation, test_patients: test } = json as Record<string, unknown>;
  const isNames = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((name) => typeof name === 'string');
  if (!isNames(validation) || !(test === undefined || isNames(test))) {
    return 'a split file must have "validation_patients", a list of names, and may have "test_patients"';
  }
  return { validationPatients: validation, ...(test && { testPatients: test }) };
}
