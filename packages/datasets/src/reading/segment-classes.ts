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
}

/** The name of a segment's class: its own, or its number where it has none. */
export function segmentName({ label, number }: Pick<Segment, 'label' | 'number'>): string {
  return label || `segment ${number}`;
}

/**
 * The class bits of each segment of a file: of the class of its name, else of the class called `segment N`, else of
 * those that have its number among their values, which `onSegment` is told.
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
  const renumbered = new Set<number>();
  for (const segment of segments) {
    const k = names.indexOf(segmentName(segment));
    if (k >= 0 && !values[k]!.includes(segment.number)) renumbered.add(k);
  }
  return segments.map((segment) => {
    const { number, label } = segment;
    const named = [segmentName(segment), `segment ${number}`].map((name) => names.indexOf(name)).find((k) => k >= 0);
    const found =
      named === undefined
        ? [...names.keys()].filter((k) => values[k]!.includes(number) && !renumbered.has(k))
        : [named];
    if (found.length === 0) {
      const rule = `a segment must be of the classes ${names.join(', ')}, got ${label || 'one without a name'} (${number})`;
      throw new DataError([{ file, rule }]);
    }
    onSegment?.(
      { file, number, label, isByNumber: named === undefined && label !== '' },
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
