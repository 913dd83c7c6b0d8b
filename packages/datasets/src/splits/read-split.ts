import { join, resolve } from 'node:path';
import type { NamedPatients } from '../case.ts';
import { DataError } from '../data-error.ts';
import { splitFilePlaces } from '../layouts/lgg.ts';
import { fieldsOf, readJson, readText } from '../layouts/read-json.ts';
import { readTable } from '../layouts/read-table.ts';

/**
 * Reads the patients that a data set itself sets apart: `split.json` in `dir` (or beside it when it is `kaggle_3m`)
 * with `validation_patients` and perhaps `test_patients`; or `validation_ids.json`, a list of names; or `split.csv` with
 * the columns `patient` and `split`, which is train, validation or test. Gives {} when there is no such file.
 *
 * Throws DataError naming the file when it is not such JSON.
 *
 * @example splitByPatient(cases, { seed: 1, ...(await readSplit('data/lgg')) })
 */
export async function readSplit(dir: string): Promise<NamedPatients> {
  for (const file of splitFilePlaces(resolve(dir))) {
    const json = await readJson(file);
    if (json !== undefined) return parseSplit(json, file);
  }
  const file = join(resolve(dir), 'validation_ids.json');
  const ids = await readJson(file);
  if (ids === undefined) return await readSplitTable(join(resolve(dir), 'split.csv'));
  if (!isNames(ids)) throw new DataError([{ file, rule: 'validation_ids.json must be a list of names' }]);
  return { validationPatients: ids };
}

async function readSplitTable(file: string): Promise<NamedPatients> {
  if ((await readText(file)) === undefined) return {};
  const parts: Record<string, string[]> = { train: [], validation: [], test: [] };
  for (const { fields, place } of await readTable(file)) {
    const [patient, part] = [fields.get('patient'), fields.get('split')];
    if (patient === undefined || part === undefined || !Object.hasOwn(parts, part)) {
      const rule = `a line must have patient and split, which is train, validation or test, got ${JSON.stringify(part)} in ${place}`;
      throw new DataError([{ file, rule }]);
    }
    parts[part]!.push(patient);
  }
  return { validationPatients: parts.validation!, testPatients: parts.test! };
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function parseSplit(json: unknown, file: string): NamedPatients {
  const fields = fieldsOf(json);
  if (!fields) throw new DataError([{ file, rule: 'a split file must be a JSON object' }]);
  const { validation_patients: validation, test_patients: test } = fields;
  if (!isNames(validation) || !(test === undefined || isNames(test))) {
    const rule = 'a split file must have "validation_patients", a list of names, and may have "test_patients"';
    throw new DataError([{ file, rule }]);
  }
  return { validationPatients: validation, ...(test && { testPatients: test }) };
}
