import type { Case, NamedPatients } from '../case.ts';

export type Part = 'train' | 'validation' | 'test';

/** The part of a data set that a folder's name tells of. */
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
