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
