import { type Case, type NamedPatients, shortList } from '@medseg/datasets';
import { readSplit } from '@medseg/datasets/node';
import { plural } from '@medseg/metrics';
import { type CaseChange, changesOf, type Run, type SplitName } from '@medseg/pipeline';
import { output } from '../terminal/output.ts';
import { UserError } from '../terminal/user-error.ts';
import type { UsableData } from './data.ts';
import { requireSameClasses } from './run-classes.ts';

/**
 * Throws UserError where data is not what a run was begun with: where its classes mean something else, or a patient, an image
 * or a mask has changed, is new or is gone. Says so where the run, of an earlier version, does not tell.
 */
export async function requireSameData(
  run: Run,
  { cases, classes, split, problems }: Pick<UsableData, 'cases' | 'classes' | 'split' | 'problems'>,
  dir: string,
): Promise<void> {
  requireSameClasses(run, classes, dir);
  requireSamePatients(run, { cases, problems }, dir);
  const records = await run.readCases();
  if (records === undefined) {
    output.remark(
      `note: ${run.name} is of an earlier version: whether images or masks have changed since it was begun cannot be told`,
    );
  } else {
    const changes = changesOf(records, cases);
    if (changes.length > 0)
      throw new UserError(
        `${dir}: must be the data that ${run.name} was begun with, but ${plural(changes.length, 'cases')} ${changes.length === 1 ? 'differs' : 'differ'}: ${listed(changes, cases)}; restore them, or train a new run`,
      );
  }
  const moved = movedPatients(run, { ...split, ...(await readSplit(dir)) });
  if (moved.length > 0)
    output.remark(`note: ${run.name} keeps its own split; the data set now names other parts: ${shortList(moved)}`);
}

/** Throws UserError that names the patients who are new in the data of a run, or gone from it; those left out are neither. */
function requireSamePatients(run: Run, { cases, problems }: Pick<UsableData, 'cases' | 'problems'>, dir: string): void {
  const { train, validation, test } = run.info.patients;
  const known = new Set([...train, ...validation, ...test]);
  const present = new Set(cases.map(({ patient }) => patient));
  const leftOut = new Set(problems.map(({ patient }) => patient));
  const added = [...present].filter((name) => !known.has(name));
  const gone = [...known].filter((name) => !present.has(name) && !leftOut.has(name));
  const changes = [patientsThat('new', added), patientsThat('gone', gone)].filter((text) => text !== '');
  if (changes.length === 0) return;
  throw new UserError(
    `${dir}: must be the data that ${run.name} was begun with, but ${changes.join(' and ')}; restore the data, or train a new run`,
  );
}

function patientsThat(are: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  return `${names.length === 1 ? 'patient' : 'patients'} ${shortList(names)} ${names.length === 1 ? 'is' : 'are'} ${are}`;
}

/** Says which cases of a run's part are not those that it was begun with. */
export async function remarkChanges(
  run: Run,
  cases: readonly Case[],
  { split, isOwn }: { split: SplitName; isOwn: boolean },
): Promise<void> {
  // Other data may have the same names by chance.
  if (split === 'all' && !isOwn) return;
  const records = await run.readCases();
  if (records === undefined) return;
  const present = new Set(cases.map(({ patient }) => patient));
  const ids = new Set(cases.map(({ id }) => id));
  // Of patients who are gone altogether it is said elsewhere.
  const known = records.filter(({ id, patient }) => split === 'all' || present.has(patient) || ids.has(id));
  const changes = changesOf(known, cases);
  if (changes.length === 0) return;
  const part = split === 'all' ? 'cases' : `${split} cases`;
  output.remark(
    `note: ${changes.length} of the ${part} ${changes.length === 1 ? 'is' : 'are'} not as when ${run.name} was begun: ${listed(changes, cases)}`,
  );
}

/** Cases with what changed, the first by name. */
function listed(changes: readonly CaseChange[], cases: readonly Case[]): string {
  const byId = new Map(cases.map((c) => [c.id, c]));
  return shortList(
    changes.map(({ id, patient, what }) => {
      const found = byId.get(id);
      if (!found) return `${id} of patient ${patient} (${what})`;
      const isMask = what === 'its mask changed' && found.masks.length > 0;
      return `${isMask ? found.masks[0]!.path : found.images[0]!} (${what})`;
    }),
  );
}

/** The patients that a data set now names for another part than a run has them in. */
function movedPatients(run: Run, named: NamedPatients): string[] {
  const { train, validation, test } = run.info.patients;
  const partOf = new Map(
    Object.entries({ train, validation, test }).flatMap(([part, names]) => names.map((name) => [name, part] as const)),
  );
  const parts = { train: named.trainPatients, validation: named.validationPatients, test: named.testPatients };
  return Object.entries(parts).flatMap(([part, names = []]) =>
    names
      .filter((name) => partOf.has(name) && partOf.get(name) !== part)
      .map((name) => `${name} (${part}, in the run ${partOf.get(name)})`),
  );
}
