import { listDicomSegments, type Segment } from '@medseg/image-io';
import { readBytes } from '@medseg/image-io/node';
import type { Case, DataProblem, DataRemark } from '../case.ts';
import { type ClassMap, mostClasses } from '../class-map.ts';
import { problemsOf } from '../reading/read-case.ts';
import { namesApart, plainName, segmentName } from '../reading/segment-classes.ts';

/** The classes that segments make. */
export interface SegmentClasses {
  /** The cases whose segments can be used. */
  cases: Case[];
  /** Absent where there are none. */
  classes?: ClassMap;
  problems: DataProblem[];
  remarks: DataRemark[];
}

/**
 * The segments of all cases' masks, by name, in the order in which the names first occur; regions, since segments may
 * overlap. Names that differ only in capitals are one class, unless a file has both. Where a file has two segments of one name, the segments of all files are classes by number, which must then
 * have the same name everywhere.
 *
 * A case whose SEG cannot be read stays one: reading it says why. Where none can be read, the first is a problem.
 */
export async function classesOfSegments(cases: readonly Case[]): Promise<SegmentClasses> {
  const problems: DataProblem[] = [];
  const remarks: DataRemark[] = [];
  const unread: Case[] = [];
  const broken: DataProblem[] = [];
  let read: { c: Case; files: Segment[][] }[] = [];
  for (const c of cases) {
    try {
      const files: Segment[][] = [];
      for (const { path } of c.masks) files.push(await segmentsOf(path));
      read.push({ c, files });
    } catch (error) {
      unread.push(c);
      broken.push(...problemsOf(error).map((problem) => ({ ...problem, patient: c.patient })));
    }
  }
  const twin = read.find(({ files }) =>
    files.some((segments) => new Set(segments.map(segmentName)).size < segments.length),
  );
  if (twin) {
    const text = 'two segments of a SEG have the same name: the segments of all patients are classes by number';
    remarks.push({ file: twin.c.masks[0]!.path, text });
    read = withSameNames(read, problems);
  }
  const nameOf = twin
    ? ({ number }: Segment): string => `segment ${number}`
    : spelling(read.flatMap(({ files }) => files));
  const numbers = new Map<string, number>();
  for (const { files } of read)
    for (const segment of files.flat()) if (!numbers.has(nameOf(segment))) numbers.set(nameOf(segment), segment.number);
  const names = [...numbers.keys()];
  for (const { c, files } of read) {
    const own = new Set(files.flat().map(nameOf));
    for (const name of names)
      if (!own.has(name)) remarks.push({ file: c.masks[0]!.path, text: `has no segment ${name}, taken as empty` });
  }
  const usable = new Set([...unread, ...read.map(({ c }) => c)]);
  const kept = cases.filter((c) => usable.has(c));
  if (names.length === 0) return { cases: kept, problems: [...problems, ...broken.slice(0, 1)], remarks };
  if (names.length > mostClasses) {
    const rule = `the segments of all patients must have at most ${mostClasses} names, got ${names.length}`;
    return { cases: [], problems: [...problems, { file: kept[0]!.masks[0]!.path, rule }], remarks };
  }
  const isDistinct = new Set(numbers.values()).size === names.length;
  const values = [...numbers.values()].map((number, k) => [isDistinct ? number : k + 1]);
  return { cases: kept, classes: { names, values, exclusive: names.length === 1 }, problems, remarks };
}

/** The name of a segment's class, spelt as where it first occurs; where a file has two spellings, each is a name. */
function spelling(files: readonly Segment[][]): (segment: Segment) => string {
  const apart = namesApart(files);
  const first = new Map<string, string>();
  for (const segment of files.flat()) {
    const name = segmentName(segment);
    if (!first.has(plainName(name))) first.set(plainName(name), name);
  }
  return (segment) => {
    const name = segmentName(segment);
    return apart.has(plainName(name)) ? name : first.get(plainName(name))!;
  };
}

/** The segments of a SEG file. */
export async function segmentsOf(path: string): Promise<Segment[]> {
  return listDicomSegments(await readBytes(path), path);
}

/** The cases whose numbers stand for the same names as in those before; the others become problems. */
function withSameNames<T extends { c: Case; files: Segment[][] }>(read: readonly T[], problems: DataProblem[]): T[] {
  const names = new Map<number, string>();
  return read.filter(({ c, files }) => {
    for (const [i, segments] of files.entries()) {
      for (const segment of segments) {
        const name = names.get(segment.number) ?? segmentName(segment);
        names.set(segment.number, name);
        if (name === segmentName(segment)) continue;
        const rule = `where a SEG has two segments of one name, a number must have the same name in all files, got ${segmentName(segment)} (${segment.number}) and ${name} (${segment.number})`;
        problems.push({ file: c.masks[i]!.path, rule, patient: c.patient });
        return false;
      }
    }
    return true;
  });
}
