import type { Classes } from '../run/classes.ts';

/** A file of results, ready to be stored or downloaded. */
export interface ResultFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What results are called, and the classes that they have. */
export interface ResultTarget {
  /** The first part of each file's name. */
  readonly name: string;
  readonly classes: Classes;
}

/** Labels 1, 2, … for the channels of a network whose data set is not known. */
export function channelLabels(count: number): { names: string[]; values: number[][]; exclusive: boolean } {
  const values = Array.from({ length: count }, (_, k) => [k + 1]);
  return { names: values.map(([value]) => `class ${value}`), values, exclusive: true };
}
