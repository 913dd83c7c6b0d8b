/** What happens at one call of a process to the file system. */
export interface Fault {
  /** Number of the call among those that touch the folder watched, from 1. */
  readonly at: number;
  /** A signal that the process sends itself, or the error that the call ends in. */
  readonly action: NodeJS.Signals | ErrorCode;
  /** Whether half of what the call writes is written first; nothing is otherwise. */
  readonly half?: boolean;
}

/** Errors that file systems give. */
export type ErrorCode = keyof typeof ERRORS;

export const ERRORS = {
  ENOSPC: 'no space left on device',
  EIO: 'i/o error',
  EACCES: 'permission denied',
  EMFILE: 'too many open files',
} as const;

/** One call to the file system. */
export interface Call {
  /** Name of the function, such as `renameSync`. */
  readonly name: string;
  readonly path: string;
  /** Whether the folder differs after it. */
  readonly changes: boolean;
  /** Whether it writes bytes, of which half may be written. */
  readonly writes: boolean;
  /** The errors that it may end in. */
  readonly errors: readonly ErrorCode[];
}

/** What the preloaded module offers the program of its process. */
export interface Watch {
  /** Watches a folder from now on, with a fault where one is given. */
  begin(folder: string, fault?: Fault): void;
  /** Ends watching, and returns the calls that were made. */
  end(): Call[];
}

/** Where the preloaded module puts its {@link Watch}. */
export const WATCH: unique symbol = Symbol.for('medseg.attack.watch');
/** The variable of the environment that holds a folder and a {@link Fault} as JSON, for a process that is watched from its start. */
export const VARIABLE = 'MEDSEG_ATTACK';
