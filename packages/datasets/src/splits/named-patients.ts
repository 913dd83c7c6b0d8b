import type { Case, DataProblem, NamedPatients } from '../case.ts';
import { DataError } from '../data-error.ts';
import { shortList } from '../short-list.ts';

type Part = 'train' | 'validation' | 'test';

/**
 * The patients of the validation and of the test part, by name. A named patient that has files among the `problems` was
 * left out and need not be in the data.
 *
 * Throws RangeError, or DataError naming the file that names the patients, when a patient is named for two parts, when a
 * name is no patient's, when all patients of a part were left out, and when patients to train on are named but not all
 * that are there.
 */
export function partsByName(
  cases: readonly Case[],
  { validationPatients = [], testPatients = [], trainPatients, source }: NamedPatients,
  problems: readonly DataProblem[],
): [validation: Set<string>, test: Set<string>] {
  const fail = (rule: string): never => {
    throw source === undefined ? new RangeError(`split: ${rule}`) : new DataError([{ file: source, rule }]);
  };
  const parts = { train: trainPatients ?? [], validation: validationPatients, test: testPatients };
  const known = new Set(cases.map(({ patient }) => patient));
  const leftOut = new Set(problems.flatMap(({ patient }) => patient ?? []));
  const partOf = new Map<string, Part>();
  const unknown = new Set<string>();
  for (const [part, names] of Object.entries(parts) as [Part, string[]][]) {
    for (const name of names) {
      const other = partOf.get(name) ?? part;
      if (other !== part) fail(`a patient is in one part only, got ${name} for ${other} and ${part}`);
      partOf.set(name, part);
      if (!known.has(name) && !leftOut.has(name)) unknown.add(name);
    }
  }
  if (unknown.size > 0) {
    const likely = likelyNames(cases);
    const got = [...unknown].map((name) => `${shown(name)}${likely(name)}`);
    fail(`named patients must be in the data, got ${shortList(got)}; its patients are ${shortList([...known].sort())}`);
  }
  for (const part of ['validation', 'test'] as const) {
    const names = parts[part];
    if (names.length > 0 && !names.some((name) => known.has(name)))
      fail(`a patient named for ${part} must have files that can be used, got none for ${shortList(names)}`);
  }
  const uncovered = trainPatients ? [...known].filter((name) => !partOf.has(name)) : [];
  if (uncovered.length > 0)
    fail(
      `a split that names the patients to train on must name every patient, it lacks ${shortList(uncovered.map(shown))}`,
    );
  const present = (names: readonly string[]): Set<string> => new Set(names.filter((name) => known.has(name)));
  return [present(validationPatients), present(testPatients)];
}

/** A name as a message shows it; spaces at its ends are seen. */
function shown(name: string): string {
  return name === name.trim() && name !== '' ? name : JSON.stringify(name);
}

const ending = /\.(png|tiff?|jpe?g|bmp|gif|nii|hdr|img|nrrd|nhdr|mha|mhd|dcm)(\.gz)?$/i;

/** What a name is without the folder, the ending, the case and the spaces that people get wrong. */
function plain(name: string): string {
  return name.trim().split(/[/\\]/).at(-1)!.replace(ending, '').trim().toLowerCase();
}

/** A function from a name that is no patient's to the one that is probably meant, as ` (perhaps P1)`. */
function likelyNames(cases: readonly Case[]): (name: string) => string {
  const patients = new Map(cases.map(({ patient }) => [plain(patient), patient]));
  const ids = new Map(cases.map(({ id, patient }) => [plain(id), patient]));
  return (name) => {
    const patient = patients.get(plain(name));
    if (patient !== undefined) return ` (perhaps ${shown(patient)})`;
    const owner = ids.get(plain(name));
    return owner === undefined ? '' : ` (an image of patient ${shown(owner)})`;
  };
}
