import { join } from 'node:path';
import type { DataProblem } from '../case.ts';
import { readText } from './read-json.ts';

export interface PatientOptions {
  /** The part of an id that names the patient: the first group of this pattern, such as `/^(.+)_\d+$/`. */
  patientPattern?: RegExp;
}

/** A number with the letter of an eye or side after it. */
const side = /^(.*\d)[_-]?(l|r|od|os|left|right)$/i;

/**
 * A function from a case's id to its patient, or to the rule that the id breaks: by `patients.csv` in `dir`, else by
 * the pattern, else the id, of which the two sides of a body are one.
 */
export async function patientFinder(
  dir: string,
  { patientPattern }: PatientOptions,
  problems: DataProblem[],
): Promise<(id: string) => string | { rule: string }> {
  const listed = await readPatients(join(dir, 'patients.csv'), problems);
  return (id) => {
    if (listed) return listed.get(id) ?? { rule: `patients.csv must have a line for every image, got none for ${id}` };
    if (!patientPattern) return side.exec(id)?.[1] ?? id;
    const rule = `the patient pattern ${patientPattern} must match every image's name, got none for ${id}`;
    return patientPattern.exec(id)?.[1] ?? { rule };
  };
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
