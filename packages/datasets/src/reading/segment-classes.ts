import { requireList } from '@medseg/arguments';
import type { Segment } from '@medseg/image-io';
import type { ClassMap } from '../class-map.ts';
import { DataError } from '../data-error.ts';

/** A segment of a DICOM SEG and how its class was found. */
export interface FoundSegment {
  /** The file that has it. */
  file: string;
  /** Its number in the file. */
  number: number;
  /** Its name; empty where it has none. */
  label: string;
  /** Whether its class was found by its number although it has a name. */
  isByNumber: boolean;
  /** Whether its name is that of its class but for capitals and the like. Default: it is not. */
  isRespelt?: boolean;
}

/** The name of a segment's class: its own, or its number where it has none. */
export function segmentName({ label, number }: Pick<Segment, 'label' | 'number'>): string {
  return label || `segment ${number}`;
}

/** A name as it is compared where no other is the same: whatever its capitals, its outer spaces and how accents are written. */
export function plainName(name: string): string {
  return name.normalize('NFC').trim().toLowerCase();
}

/** The plain names under which one of some files has two segments: there, capitals tell classes apart. */
export function namesApart(files: readonly (readonly Pick<Segment, 'label' | 'number'>[])[]): Set<string> {
  const apart = new Set<string>();
  for (const segments of files) {
    const names = [...new Set(segments.map(segmentName))].map(plainName);
    for (const [i, name] of names.entries()) if (names.indexOf(name) !== i) apart.add(name);
  }
  return apart;
}

/**
 * The class bits of each segment of a file: of the class of its name; else, where only one class and one segment of the
 * file are called so but for capitals, of that class, which `onSegment` is told; else of the class called `segment N`, else
 * of those that have its number among their values, which it is told, too.
 *
 * Throws DataError for a segment of no class. A class that the file has by name under a number other than its values is
 * not found by number.
 */
export function segmentPatterns(
  segments: readonly Segment[],
  { names, values }: ClassMap,
  file: string,
  onSegment?: (segment: FoundSegment, classes: readonly string[]) => void,
): number[] {
  const plain = names.map(plainName);
  const own = segments.map((segment) => plainName(segmentName(segment)));
  const byName = segments.map((segment, i): { k: number; isRespelt: boolean } => {
    const exact = names.indexOf(segmentName(segment));
    const isAlone = [plain, own].every((all) => all.filter((name) => name === own[i]).length === 1);
    return exact >= 0 || !isAlone ? { k: exact, isRespelt: false } : { k: plain.indexOf(own[i]!), isRespelt: true };
  });
  const renumbered = new Set<number>();
  for (const [i, { k }] of byName.entries()) if (k >= 0 && !values[k]!.includes(segments[i]!.number)) renumbered.add(k);
  return segments.map((segment, i) => {
    const { number, label } = segment;
    const { k: ofName, isRespelt } = byName[i]!;
    const named = [ofName, names.indexOf(`segment ${number}`)].find((k) => k >= 0);
    const found =
      named === undefined
        ? [...names.keys()].filter((k) => values[k]!.includes(number) && !renumbered.has(k))
        : [named];
    if (found.length === 0) {
      const rule = `a segment must be of the classes ${names.join(', ')}, got ${label || 'one without a name'} (${number})`;
      throw new DataError([{ file, rule }]);
    }
    onSegment?.(
      { file, number, label, isByNumber: named === undefined && label !== '', ...(isRespelt && { isRespelt }) },
      found.map((k) => names[k]!),
    );
    return found.reduce((bits, k) => bits | (1 << k), 0);
  });
}

/**
 * Throws DataError where a segment's class was found by its number, and another segment of the case has the same number
 * and another name: every file numbers its segments from 1, so that the number says nothing.
 *
 * @example checkSegmentNumbers([{ file: 'a.dcm', number: 1, label: 'Lung', isByNumber: true }], ['lung'])
 */
export function checkSegmentNumbers(segments: readonly FoundSegment[], names: readonly string[]): void {
  requireList('checkSegmentNumbers: segments', segments);
  requireList('checkSegmentNumbers: names', names);
  for (const one of segments) {
    if (!one.isByNumber) continue;
    const other = segments.find(({ number, label }) => number === one.number && label !== one.label);
    if (!other) continue;
    const rule = `a segment must have the name of a class (${names.join(', ')}) where segments of several files share a number, got ${one.label} (${one.number}) beside ${segmentName(other)} (${other.number}) in ${other.file}`;
    throw new DataError([{ file: one.file, rule }]);
  }
}
