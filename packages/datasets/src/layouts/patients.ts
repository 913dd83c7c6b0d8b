import { join } from 'node:path';
import type { Case, DataProblem, DataRemark } from '../case.ts';
import { readText } from './read-json.ts';

export interface PatientOptions {
  /** The part of an id that names the patient: the first group of this pattern, such as `/^(.+)_\d+$/`. */
  patientPattern?: RegExp;
}

/** A number with the letter of an eye or side after it. */
const side = /^(.*\d)[_-]?(l|r|od|os|left|right)$/i;

/** What is said of an image whose patient nothing names. */
export const UNKNOWN_PATIENT =
  'counts as a patient of its own, since nothing says whose it is; name patients in patients.csv or by a patient pattern';

/**
 * A function from a case's id to its patient, or to the rule that the id breaks: by `patients.csv` in `dir`, else by
 * the pattern, else the id, of which the two sides of a body are one. `unknown` collects the ids that nothing says the
 * patient of.
 */
export async function patientFinder(
  dir: string,
  { patientPattern }: PatientOptions,
  problems: DataProblem[],
  unknown: Set<string> = new Set(),
): Promise<(id: string) => string | { rule: string }> {
  const listed = await readPatients(join(dir, 'patients.csv'), problems);
  return (id) => {
    if (listed) return listed.get(id) ?? { rule: `patients.csv must have a line for every image, got none for ${id}` };
    if (!patientPattern) {
      const patient = side.exec(id)?.[1];
      if (patient === undefined) unknown.add(id);
      return patient ?? id;
    }
    const rule = `the patient pattern ${patientPattern} must match every image's name, got none for ${id}`;
    return patientPattern.exec(id)?.[1] ?? { rule };
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

/** Lines of `id,patient`; a first line `id,patient` is a heading. Undefined when there is no file. */
async function readPatients(file: string, problems: DataProblem[]): Promise<Map<string, string> | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  const patients = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [id, patient, ...rest] = line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    if (i === 0 && id === 'id' && patient === 'patient') continue;
    if (!id || !patient || rest.length > 0)
      problems.push({ file, rule: `a line must be id,patient, got "${line}" in line ${i + 1}` });
    else patients.set(id, patient);
  }
  return patients;
}
