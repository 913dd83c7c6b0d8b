import type { Case, DataProblem, Listing, NamedPatients } from '../case.ts';
import { compareNames } from './file-names.ts';

export type Part = 'train' | 'validation' | 'test';

/** The part of a data set that a folder's name indicates. */
export function partOf(name: string): Part | undefined {
  if (/train/i.test(name)) return 'train';
  if (/valid|^val|[-_]val/i.test(name)) return 'validation';
  return /test/i.test(name) ? 'test' : undefined;
}

/**
 * The patients that a data set's own parts set apart; undefined when it has but one part. A patient with images in two
 * parts belongs to training, and to validation before test, so that it is in one only.
 */
export function splitOfParts(parts: readonly { c: Case; part: Part | undefined }[]): NamedPatients | undefined {
  const patients = (part: Part): string[] => [
    ...new Set(parts.filter((each) => each.part === part).map(({ c }) => c.patient)),
  ];
  const train = new Set(patients('train'));
  const validation = patients('validation').filter((name) => !train.has(name));
  const held = new Set([...train, ...validation]);
  const test = patients('test').filter((name) => !held.has(name));
  if (train.size === 0 || validation.length + test.length === 0) return undefined;
  return { validationPatients: validation, testPatients: test };
}

/**
 * The listing of cases that lie in parts: every case once, in the order of their ids, with the split that the parts
 * make. A second image of one id becomes a problem.
 */
export function listingOfParts(
  listed: readonly { c: Case; part: Part | undefined }[],
  problems: DataProblem[],
  { classes, normalization }: Required<Pick<Listing, 'normalization'>> & Pick<Listing, 'classes'>,
): Listing {
  const split = splitOfParts(listed);
  const cases = withoutTwins(
    listed.map(({ c }) => c),
    problems,
  );
  return { cases, problems, ...(classes && { classes }), normalization, ...(split && { split }) };
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
