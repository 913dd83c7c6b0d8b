import type { Case, DataProblem, DataRemark, Listing, NamedPatients } from '../case.ts';
import { shortList } from '../short-list.ts';
import { compareNames } from './file-names.ts';

export type Part = 'train' | 'validation' | 'test';

/** The part of a data set that a folder's name indicates. */
export function partOf(name: string): Part | undefined {
  if (/train/i.test(name)) return 'train';
  if (/valid|^val|[-_]val/i.test(name)) return 'validation';
  return /test/i.test(name) ? 'test' : undefined;
}

/** Parts by the names that tables have for them, in lower case. */
export const PART_NAMES: Readonly<Record<string, Part>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  test: 'test',
  testing: 'test',
};

const partsInOrder: readonly Part[] = ['train', 'validation', 'test'];

/** A case and the part of the data set that it lies in or that a list says. */
export interface InPart {
  c: Case;
  part: Part | undefined;
}

/**
 * The patients that a data set's own parts set apart, and what was assumed of them. A patient with images in two parts
 * belongs to training, and to validation before test, so that it is in one only; a case without a part is trained on
 * where others have one. No split where no case has a part, and where folders make but one part; a `list` that names
 * parts is taken at its word.
 */
export function splitOfParts(
  listed: readonly InPart[],
  { list }: { list?: string } = {},
): { split?: NamedPatients; remarks: DataRemark[] } {
  const named = new Set(listed.flatMap(({ part }) => part ?? []));
  const parts = new Set(listed.map(({ part }) => part ?? 'train'));
  const [only] = named;
  if (only === undefined) return { remarks: [] };
  const place = list ?? listed[0]!.c.images[0]!;
  if (parts.size === 1 && (list === undefined || only === 'train')) {
    const text = `all images are of the ${only} part; train splits them anew by patient`;
    return { remarks: only === 'train' ? [] : [{ file: place, text }] };
  }
  const chosen = new Map<string, Part>();
  const divided = new Set<string>();
  for (const { c, part = 'train' } of listed) {
    const other = chosen.get(c.patient) ?? part;
    if (other !== part) divided.add(c.patient);
    chosen.set(c.patient, partsInOrder.find((each) => each === other || each === part)!);
  }
  const patients = (part: Part): string[] => [...chosen].filter(([, each]) => each === part).map(([name]) => name);
  const without = listed.filter(({ part }) => part === undefined).map(({ c }) => c.id);
  const remarks: DataRemark[] = [];
  if (divided.size > 0) {
    const rule = 'patients with images in several parts are in the first of train, validation and test';
    remarks.push({ file: place, text: `${rule}: ${shortList([...divided])}` });
  }
  if (without.length > 0)
    remarks.push({ file: place, text: `images that are in no part are trained on: ${shortList(without)}` });
  return { split: { validationPatients: patients('validation'), testPatients: patients('test') }, remarks };
}

/**
 * The listing of cases that lie in parts: every case once, in the order of their ids, with the split that the parts
 * make. A second image of one id becomes a problem.
 */
export function listingOfParts(
  listed: readonly InPart[],
  problems: DataProblem[],
  {
    classes,
    normalization,
    remarks: others = [],
  }: Required<Pick<Listing, 'normalization'>> & Pick<Listing, 'classes' | 'remarks'>,
): Listing {
  const { split, remarks: ofParts } = splitOfParts(listed);
  const remarks = [...others, ...ofParts];
  const cases = withoutTwins(
    listed.map(({ c }) => c),
    problems,
  );
  return {
    cases,
    problems,
    ...(classes && { classes }),
    normalization,
    ...(split && { split }),
    ...(remarks.length > 0 && { remarks }),
  };
}

/** Cases in the order of their ids, one each; the second of a name is a problem. */
function withoutTwins(cases: readonly Case[], problems: DataProblem[]): Case[] {
  const seen = new Map<string, Case>();
  for (const c of cases) {
    const other = seen.get(c.id);
    if (other)
      problems.push({
        file: c.images[0]!,
        rule: `an image must be there once, got ${c.id} also as ${other.images[0]}`,
      });
    else seen.set(c.id, c);
  }
  return [...seen.values()].sort((a, b) => compareNames(a.id, b.id));
}
