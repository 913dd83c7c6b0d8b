import type { Classes } from '../run/classes.ts';

/** A file of results, ready to be stored or downloaded. */
export interface ResultFile {
  /** Name of the file, without a folder. */
  readonly name: string;
  /** Content of the file. */
  readonly bytes: Uint8Array;
}

/** What results are called, and the classes that they have. */
export interface ResultTarget {
  /** The first part of each file's name. */
  readonly name: string;
  /** The classes of the run. */
  readonly classes: Classes;
}
