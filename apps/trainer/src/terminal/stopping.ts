import { existsSync } from 'node:fs';

/** The signals that ask a process to stop; SIGHUP comes when a terminal is closed. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is said at once. */
export const STOPPING = 'stopping: what is under way ends first (Ctrl-C again: at once, what is not saved is lost)';

/** What a process that is ended by force leaves behind. */
export interface Saved {
  /** The file without which nothing has been saved. */
  readonly file: string;
  /** How to go on from what was saved last. */
  readonly hint: string;
}

/** What is said last; without `grace` seconds the process was asked to end at once. */
export function forcedLine(saved: Saved | undefined, grace?: number): string {
  const why = grace === undefined ? '' : `: what was under way did not end within ${grace} seconds`;
  const hint = saved !== undefined && existsSync(saved.file) ? `; ${saved.hint}` : '';
  return `medseg: stopped by force${why}${hint}`;
}
