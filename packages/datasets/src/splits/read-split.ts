import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { NamedPatients } from '../case.ts';
import { DataError } from '../data-error.ts';
import { splitFilePlaces } from '../layouts/lgg.ts';
import { PART_NAMES, type Part } from '../layouts/parts.ts';
import { fieldsOf, readJson } from '../layouts/read-json.ts';
import { type PairColumns, readNamePairs } from '../layouts/read-table.ts';

/**
 * Reads the patients that a data set itself sets apart: `split.json` in `dir` (or beside it when it is `kaggle_3m`)
 * with `validation_patients` and perhaps `test_patients` and `train_patients`, or `validation` (or `val`), `test` and
 * `train`; or `validation_ids.json`, a list of names; or `split.csv` with the columns `patient` and `split`, which is
 * train, validation or test, or without headings. Gives {} when there is no
 * such file. `dir` may be a manifest, beside which the file then is.
 *
 * Throws DataError naming the file when it is of another form, names nobody, names a patient for two parts, or is not the only one.
 *
 * @example splitByPatient(cases, { seed: 1, ...(await readSplit('data/lgg')) })
 */
export async function readSplit(dir: string): Promise<NamedPatients> {
  const folder = await folderOf(resolve(dir));
  const places = [
    ...splitFilePlaces(folder).map((file) => ({ file, read: splitOfJson })),
    { file: join(folder, 'validation_ids.json'), read: splitOfIds },
    { file: join(folder, 'split.csv'), read: splitOfTable },
  ];
  const found: NamedPatients[] = [];
  for (const { file, read } of places) {
    const named = await read(file);
    if (named) found.push({ ...named, source: file });
  }
  const [first, second] = found;
  if (first && second)
    throw new DataError([
      { file: second.source!, rule: `a data set must have one file that splits it, found ${first.source} too` },
    ]);
  if (first && [first.trainPatients, first.validationPatients, first.testPatients].every((names) => !names?.length))
    throw new DataError([{ file: first.source!, rule: 'a file that splits a data set must name patients, got none' }]);
  return first ?? {};
}

/** The folder itself, or that of a manifest. */
async function folderOf(dir: string): Promise<string> {
  const found = await stat(dir).catch(() => undefined);
  return found?.isFile() ? dirname(dir) : dir;
}

const columns: PairColumns = {
  // Names that are not patients' are refused when the data is split, so that a column of images does no harm.
  first: [
    'patient',
    'patient_id',
    'patientid',
    'patient id',
    'subject',
    'subject_id',
    'case',
    'case_id',
    'id',
    'image',
    'image_id',
    'file',
    'filename',
    'name',
  ],
  second: ['split', 'set', 'part', 'partition', 'subset'],
  mayBeBare: (_, part) => Object.hasOwn(PART_NAMES, part.toLowerCase()),
};

async function splitOfTable(file: string): Promise<NamedPatients | undefined> {
  const pairs = await readNamePairs(file, columns, (rule) => {
    throw new DataError([{ file, rule }]);
  });
  if (!pairs) return undefined;
  const parts: Record<Part, Map<string, string>> = { train: new Map(), validation: new Map(), test: new Map() };
  for (const { first: patient, second: name, place } of pairs) {
    const fail = (rule: string): never => {
      throw new DataError([{ file, rule: `${rule} in ${place}` }]);
    };
    const key = name.toLowerCase();
    if (!Object.hasOwn(PART_NAMES, key))
      return fail(
        `a line must have patient and split, which is train, validation or test, got ${JSON.stringify(name)}`,
      );
    const part = PART_NAMES[key]!;
    const other = (Object.keys(parts) as Part[]).find((each) => each !== part && parts[each].has(patient));
    if (other)
      fail(
        `a patient is in one part only, got ${patient} for ${other} in ${parts[other].get(patient)} and for ${part}`,
      );
    parts[part].set(patient, place);
  }
  const train = [...parts.train.keys()];
  return {
    validationPatients: [...parts.validation.keys()],
    testPatients: [...parts.test.keys()],
    ...(train.length > 0 && { trainPatients: train }),
  };
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

async function splitOfIds(file: string): Promise<NamedPatients | undefined> {
  const ids = await readJson(file);
  if (ids === undefined) return undefined;
  if (!isNames(ids)) throw new DataError([{ file, rule: 'validation_ids.json must be a list of names' }]);
  return { validationPatients: ids };
}

/** The part whose patients a field of a split file names. */
function partOfField(name: string): Part | undefined {
  const key = name.toLowerCase().replace(/[_ -]?(patients|ids|cases)$/, '');
  return Object.hasOwn(PART_NAMES, key) ? PART_NAMES[key] : undefined;
}

async function splitOfJson(file: string): Promise<NamedPatients | undefined> {
  const json = await readJson(file);
  if (json === undefined) return undefined;
  const fail = (rule: string): never => {
    throw new DataError([{ file, rule }]);
  };
  const fields = fieldsOf(json) ?? fail('a split file must be a JSON object');
  const known = 'validation_patients, test_patients, train_patients';
  const form =
    'a split file must have "validation_patients", a list of names, and may have "test_patients" and "train_patients"';
  const parts = new Map<Part, { field: string; names: string[] }>();
  for (const [field, names] of Object.entries(fields)) {
    const part = partOfField(field);
    if (!part) {
      if (Array.isArray(names) && /patient|train|val|test/i.test(field))
        fail(`a split file names patients as ${known}, got ${JSON.stringify(field)}`);
      continue;
    }
    const other = parts.get(part);
    if (other) fail(`a split file must name the patients of a part once, got ${other.field} and ${field}`);
    if (!isNames(names)) return fail(`${form}, got ${JSON.stringify(field)} of another form`);
    parts.set(part, { field, names });
  }
  const validation = parts.get('validation')?.names;
  const [test, train] = [parts.get('test')?.names, parts.get('train')?.names];
  if (!validation) return fail(form);
  return {
    validationPatients: validation,
    ...(test && { testPatients: test }),
    ...(train && { trainPatients: train }),
  };
}
