import { requireList, requireText } from '@medseg/arguments';
import type { Case, CaseFacts } from '../case.ts';
import { type ClassMap, classNames } from '../class-map.ts';
import { DataError } from '../data-error.ts';

/**
 * The names of the classes of which no case has a pixel.
 *
 * Throws RangeError when a case has not been read by `checkCases`.
 *
 * @example absentClasses([]) // []
 */
export function absentClasses(cases: readonly Case[]): string[] {
  requireList('absentClasses: cases', cases);
  const facts = factsOf(cases);
  return classNames(cases[0]?.classes).filter(
    (_, k) => facts.length > 0 && facts.every(({ foreground }) => foreground[k] === 0),
  );
}

/**
 * Throws DataError naming `file` when the masks of all cases are empty, or foreground throughout: there is nothing to
 * learn from them, and nothing to score, since a mask without a pixel is then always right. No cases are no fault.
 *
 * Throws RangeError when a case has not been read by `checkCases`.
 *
 * @example requireForeground((await checkCases(await listFolder('data/cells'))).cases, 'data/cells')
 */
export function requireForeground(cases: readonly Case[], file: string): void {
  requireList('requireForeground: cases', cases);
  requireText('requireForeground: file', file);
  const facts = factsOf(cases);
  if (facts.length === 0) return;
  const every = facts.length === 1 ? 'that of the only case is' : `all ${facts.length} are`;
  if (facts.every(({ foreground }) => foreground.every((count) => count === 0))) {
    const rule = `masks must have foreground, but ${every} empty: ${missing(cases[0]!.classes)}`;
    throw new DataError([{ file, rule }]);
  }
  const isFull = ({ foreground, size, ignored = 0 }: CaseFacts): boolean =>
    foreground.every((count) => count === pixelsOf(size) - ignored);
  if (facts.every(isFull))
    throw new DataError([{ file, rule: `masks must have background, but ${every} foreground throughout` }]);
}

/** What a mask with foreground would hold. */
function missing(classes: ClassMap | undefined): string {
  if (!classes) return 'no pixel differs from 0';
  return `no pixel is ${classes.names.map((name, k) => `${name} (${classes.values[k]!.join(', ')})`).join(' or ')}`;
}

function pixelsOf(size: CaseFacts['size']): number {
  return size.reduce<number>((product, side) => product * side, 1);
}

function factsOf(cases: readonly Case[]): CaseFacts[] {
  return cases.map(({ id, facts }) => {
    if (!facts) throw new RangeError(`${id} must have been read by checkCases to know the pixels of its mask`);
    return facts;
  });
}
