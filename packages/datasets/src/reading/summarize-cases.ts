import { requireList } from '@medseg/arguments';
import { annotatorCount, type Case, type CaseFacts } from '../case.ts';
import { classNames } from '../class-map.ts';

/** How many cases have a value. */
export interface CaseCount {
  /** The value as text. */
  value: string;
  /** Cases that have it. */
  cases: number;
}

/** How frequent a class is in a data set. */
export interface ClassBalance {
  /** Name of the class. */
  name: string;
  /** Cases and patients that have it. */
  cases: number;
  /** Patients with a case that has it. */
  patients: number;
  /** Mean share of a case's pixels, of those that count, over all cases. */
  share: number;
}

/** The contents of a data set. */
export interface DataSummary {
  /** Number of patients. */
  patients: number;
  /** Number of cases. */
  cases: number;
  /** Most frequent first. */
  sizes: CaseCount[];
  /** Millimetres between pixels or voxels. */
  spacings: CaseCount[];
  /** Values a pixel or voxel. */
  channels: CaseCount[];
  /** Types of the samples in the files. */
  types: CaseCount[];
  /** Masks a case. */
  annotators: CaseCount[];
  /** Intensities of all cases, before normalisation. */
  intensities: {
    /** Smallest value of any case. */
    minimum: number;
    /** Largest value of any case. */
    maximum: number;
    /** Smallest of the cases' largest values. */
    lowestMaximum: number;
    /** Mean of the cases' means. */
    mean: number;
  };
  /** How frequent each class is. */
  classes: ClassBalance[];
  /** Pixels that count in no loss and no score, their share of all, and the cases that have them; absent without any. */
  ignored?: {
    /** Pixels, or voxels of volumes. */
    pixels: number;
    /** Share of all pixels, 0 to 1. */
    share: number;
    /** Cases that have any. */
    cases: number;
  };
  /** Cases without any foreground. */
  empty: number;
  /** Slices of volumes, axis by axis, and those of them without foreground. */
  slices?: {
    /** Along the first axis of the file. */
    i: [all: number, empty: number];
    /** Along the second axis. */
    j: [all: number, empty: number];
    /** Along the third axis. */
    k: [all: number, empty: number];
  };
}

/**
 * Summarises what `checkCases` found in the files of a data set.
 *
 * Throws RangeError when there is no case, or one that has not been read.
 *
 * @example const { patients, classes } = summarizeCases((await checkCases(listing)).cases)
 */
export function summarizeCases(cases: readonly Case[]): DataSummary {
  requireList('summarizeCases: cases', cases);
  const read = cases.map((c): Case & { facts: CaseFacts } => {
    if (!c.facts) throw new RangeError(`summarizeCases: ${c.id} must have been read by checkCases`);
    return { ...c, facts: c.facts };
  });
  if (read.length === 0) throw new RangeError('summarizeCases: there must be a case, got none');
  const facts = read.map((c) => c.facts);
  const volumes = facts.filter((each) => each.foregroundAlong !== undefined);
  const along = (axis: 0 | 1 | 2): [number, number] => {
    const counts = volumes.flatMap((each) => each.foregroundAlong![axis]);
    return [counts.length, counts.filter((count) => count === 0).length];
  };
  const ignored = ignoredOf(facts);
  return {
    patients: new Set(read.map((c) => c.patient)).size,
    cases: read.length,
    sizes: counted(facts.map(({ size }) => size.join(' x '))),
    spacings: counted(
      facts.map(({ spacing }) => spacing?.map((mm) => String(Number(mm.toPrecision(3)))).join(' x ') ?? 'not known'),
    ),
    channels: counted(facts.map(({ channels }) => String(channels))),
    types: counted(facts.map(({ dtype }) => dtype)),
    annotators: counted(read.map((c) => String(annotatorCount(c)))),
    intensities: {
      minimum: Math.min(...facts.map((each) => each.minimum)),
      maximum: Math.max(...facts.map((each) => each.maximum)),
      lowestMaximum: Math.min(...facts.map((each) => each.maximum)),
      mean: facts.reduce((sum, each) => sum + each.mean, 0) / facts.length,
    },
    classes: classNames(read[0]!.classes).map((name, k) => balanceOf(read, name, k)),
    ...(ignored && { ignored }),
    empty: facts.filter(({ foreground }) => foreground.every((count) => count === 0)).length,
    ...(volumes.length > 0 && { slices: { i: along(0), j: along(1), k: along(2) } }),
  };
}

function ignoredOf(facts: readonly CaseFacts[]): DataSummary['ignored'] {
  const having = facts.filter((each) => each.ignored !== undefined);
  if (having.length === 0) return undefined;
  const pixels = having.reduce((sum, each) => sum + each.ignored!, 0);
  const all = facts.reduce((sum, { size }) => sum + size.reduce<number>((product, side) => product * side, 1), 0);
  return { pixels, share: pixels / all, cases: having.length };
}

function balanceOf(cases: readonly (Case & { facts: CaseFacts })[], name: string, k: number): ClassBalance {
  const having = cases.filter(({ facts }) => facts.foreground[k]! > 0);
  const shares = cases.map(
    ({ facts: { foreground, size, ignored = 0 } }) =>
      foreground[k]! / (size.reduce<number>((product, side) => product * side, 1) - ignored),
  );
  return {
    name,
    cases: having.length,
    patients: new Set(having.map(({ patient }) => patient)).size,
    share: shares.reduce((sum, share) => sum + share, 0) / cases.length,
  };
}

function counted(values: readonly string[]): CaseCount[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, cases]) => ({ value, cases })).sort((a, b) => b.cases - a.cases);
}
