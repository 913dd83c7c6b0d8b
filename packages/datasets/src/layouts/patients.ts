import { join } from 'node:path';
import type { Case, DataProblem, DataRemark } from '../case.ts';
import { shortList } from '../short-list.ts';
import { baseName, isScanName } from './file-names.ts';
import { type PairColumns, readNamePairs } from './read-table.ts';

export interface PatientOptions {
  /** The part of an id that names the patient: the first group of this pattern, such as `/^(.+)_\d+$/`. */
  patientPattern?: RegExp;
}

/** A number with the letter of an eye or side after it. */
const side = /^(.*\d)[_-]?(l|r|od|os|left|right)$/i;

/** What is said of an image whose patient nothing names. */
export const UNKNOWN_PATIENT =
  'counts as a patient of its own, since nothing says whose it is; name patients in patients.csv or by a patient pattern';

/** Whose images are, by id. */
export interface PatientFinder {
  /** The patient of a case, or the rule that its id breaks. */
  of(id: string): string | { rule: string };
  /** A remark for each case that nothing says the patient of. */
  remarksOn(cases: readonly Case[]): DataRemark[];
  /** Names the lines of `patients.csv` that no id asked for was found in, as a problem; called at the end. */
  finish(): void;
}

/**
 * Finds the patient of an id: by `patients.csv` in `dir`, else by the pattern, else the id, of which the two sides of a
 * body are one. `patients.csv` names images by id, or by file name.
 */
export async function patientFinder(
  dir: string,
  { patientPattern }: PatientOptions,
  problems: DataProblem[],
): Promise<PatientFinder> {
  const file = join(dir, 'patients.csv');
  const listed = await readPatients(file, problems);
  const unknown = new Set<string>();
  const asked = new Set<string>();
  return {
    of(id) {
      asked.add(id);
      if (listed)
        return listed.get(id)?.patient ?? { rule: `patients.csv must have a line for every image, got none for ${id}` };
      if (!patientPattern) {
        const patient = side.exec(id)?.[1];
        if (patient === undefined) unknown.add(id);
        return patient ?? id;
      }
      const rule = `the patient pattern ${patientPattern} must match every image's name, got none for ${id}`;
      return patientPattern.exec(id)?.[1] ?? { rule };
    },
    remarksOn: (cases) => unknownPatients(cases, unknown),
    finish() {
      const strangers = [...(listed ?? [])].flatMap(([id, { place }]) => (asked.has(id) ? [] : [`${id} (${place})`]));
      if (strangers.length > 0)
        problems.push({ file, rule: `a line must be of an image that is there, got ${shortList(strangers)}` });
    },
  };
}

/** A remark for each case whose id is among those that nothing says the patient of. */
export function unknownPatients(cases: readonly Case[], unknown: ReadonlySet<string>): DataRemark[] {
  return cases.filter(({ id }) => unknown.has(id)).map(({ images }) => ({ file: images[0]!, text: UNKNOWN_PATIENT }));
}

/** The patient for a problem, where `patientFinder` found one. */
export function patientIn(found: string | { rule: string }): { patient?: string } {
  return typeof found === 'string' ? { patient: found } : {};
}

const columns: PairColumns = {
  first: ['id', 'image', 'image_id', 'file', 'filename', 'file_name', 'name', 'case', 'case_id'],
  second: ['patient', 'patient_id', 'patientid', 'patient id', 'subject', 'subject_id'],
  elsewhere: new Map(
    ['split', 'fold', 'set', 'partition', 'subset'].map((name) => [
      name,
      'a split is given in split.csv (patient,split): move it there or remove the column',
    ]),
  ),
  // Anything but half a heading.
  mayBeBare: (id, patient) => !isHeading(id) && !isHeading(patient),
};

function isHeading(cell: string): boolean {
  return [...columns.first, ...columns.second].includes(cell.toLowerCase());
}

/** Patients by id, with the line that says so. Undefined when there is no file. */
async function readPatients(
  file: string,
  problems: DataProblem[],
): Promise<Map<string, { patient: string; place: string }> | undefined> {
  const fail = (rule: string): void => void problems.push({ file, rule });
  const pairs = await readNamePairs(file, columns, fail);
  if (!pairs) return undefined;
  const patients = new Map<string, { patient: string; place: string }>();
  for (const { first, second: patient, place } of pairs) {
    const name = first.split(/[/\\]/).at(-1)!;
    const id = isScanName(name) ? baseName(name) : first;
    const other = patients.get(id);
    if (other && other.patient !== patient)
      fail(`an image has one patient, got ${other.patient} for ${id} in ${other.place} and ${patient} in ${place}`);
    else patients.set(id, { patient, place });
  }
  return patients;
}
