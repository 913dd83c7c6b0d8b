import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readBytesSync } from '@medseg/image-io/node';
import { RUN_FILES } from '@medseg/pipeline';
import { wholeName } from '../terminal/abandoned-files.ts';
import { output } from '../terminal/output.ts';
import { formatDuration } from '../terminal/progress.ts';
import { UserError } from '../terminal/user-error.ts';
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** The file that says which process writes to a run folder. */
export const LOCK_FILE = 'run.lock';
/**
 * Added to the name of a lock while a process takes the place of one that has ended, so that two do not: a lock of its own,
 * which may be taken over in turn.
 */
const TAKEOVER = '.takeover';

/** Whether a file of a run folder is a lock. */
export function isLock(file: string): boolean {
  return file.startsWith(LOCK_FILE) && file.slice(LOCK_FILE.length).replaceAll(TAKEOVER, '') === '';
}

/** Milliseconds between two signs of life. */
const SIGN = 30_000;
/** Seconds without a sign of life after which a process that cannot be asked counts as ended. */
const SILENCE = 3600;
/** Seconds that a lock may be empty, between its making and its writing. */
const WRITING = 10;

/**
 * Does some work on a run folder, which is made where there is none, while no other process works on it. The lock of a
 * process that has ended is taken over, with a remark. Throws UserError where another process works on the folder. A
 * folder that is empty after the work goes again, with those above it that were made for it.
 */
export async function withRunLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const made = mkdirSync(folder, { recursive: true });
  const own = JSON.stringify({ ...ownIdentity(), serial: serial++ });
  const lock = join(folder, LOCK_FILE);
  // What a process leaves of a run that is not begun is known by its lock: it stays, for the next process to take over.
  const release = (): void => {
    if (!isUsable(folder)) return;
    if (readLock(lock) === own) rmSync(lock, { force: true });
    removeEmpty(folder, made);
  };
  try {
    const taken = acquire(folder, lock, own);
    const holder = removeEndedTakeovers(folder) ?? taken;
    if (holder !== undefined)
      output.remark(`note: ${holder} worked on ${folder} and has ended; its lock is taken over`);
  } catch (error) {
    release();
    throw error;
  }
  process.on('exit', release);
  const timer = setInterval(() => giveSign(lock), SIGN).unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    process.off('exit', release);
    release();
  }
}

/** Tells apart the locks that one process makes. */
let serial = 0;

/**
 * Makes a lock, or takes that of a process that has ended, which is returned. Throws UserError where another has it. The lock
 * that is taken over is replaced in one step: where that fails it is still there, and what it marks is still known by it.
 */
function acquire(folder: string, lock: string, own: string): string | undefined {
  if (makeFile(lock, own)) return undefined;
  requireEnded(folder, lock);
  const takeover = `${lock}${TAKEOVER}`;
  acquire(folder, takeover, own);
  try {
    const holder = requireEnded(folder, lock); // once more: another may have been faster
    if (readLock(lock) !== undefined) {
      renameSync(takeover, lock);
      return holder === undefined ? 'a process' : `process ${holder.pid}`;
    }
    if (!makeFile(lock, own)) throw new UserError(`${folder}: another process works on this run`);
  } catch (error) {
    rmSync(takeover, { force: true });
    throw error;
  }
  rmSync(takeover, { force: true });
  return 'a process';
}

/** Removes the locks of processes that ended while they took one over. Returns the last of them. */
function removeEndedTakeovers(folder: string): string | undefined {
  let last: string | undefined;
  for (const name of readdirSync(folder)) {
    if (!isLock(name) || name === LOCK_FILE) continue;
    try {
      const holder = requireEnded(folder, join(folder, name));
      if (holder !== undefined) last = `process ${holder.pid}`;
    } catch {
      continue; // its process may still run
    }
    rmSync(join(folder, name), { force: true });
  }
  return last;
}

/** What the files and folders of a run are called. */
const OWN = new Set(Object.values(RUN_FILES).map((file) => file.split('/')[0]!));

/** Whether a folder can be used without a lock: it holds a run, or nothing of one. */
function isUsable(folder: string): boolean {
  try {
    const names = readdirSync(folder);
    return names.includes(RUN_FILES.info) || !names.some((name) => OWN.has(wholeName(name)));
  } catch {
    return true; // there is nothing to know it by
  }
}

/** The process whose lock a file is. Throws UserError where it may still run. */
function requireEnded(folder: string, lock: string): ProcessIdentity | undefined {
  const about = statSync(lock, { throwIfNoEntry: false });
  if (about?.isDirectory())
    throw new UserError(`${lock}: must be the file that says which process works on this run, got a folder; delete it`);
  const text = readLock(lock);
  if (text === undefined) return undefined; // just released
  const silence = (Date.now() - (about?.mtimeMs ?? 0)) / 1000;
  const holder = parse(text);
  if (holder === undefined) {
    if (silence > WRITING) return undefined;
    throw new UserError(`${folder}: another process is beginning to work on this run`);
  }
  const running = isRunning(holder);
  if (running === false || (running === undefined && silence > SILENCE)) return holder;
  if (running) throw new UserError(`${folder}: process ${holder.pid} works on this run; wait for its end, or end it`);
  throw new UserError(
    `${folder}: process ${holder.pid} on ${holder.host} works on this run, by a sign of life ${formatDuration(silence)} ago; if it has ended, delete ${basename(lock)} there`,
  );
}

/** Makes a file with some text; false where there is one. */
function makeFile(path: string, text: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeFileSync(file, text);
    return true;
  } catch (error) {
    rmSync(path, { force: true });
    throw Object.assign(error as Error, { path }); // the system does not say which file a write was for
  } finally {
    closeSync(file);
  }
}

function readLock(path: string): string | undefined {
  try {
    return new TextDecoder().decode(readBytesSync(path, { maxBytes: 65_536 }));
  } catch {
    return undefined;
  }
}

function parse(text: string): ProcessIdentity | undefined {
  try {
    const value = JSON.parse(text) as ProcessIdentity | null;
    return Number.isSafeInteger(value?.pid) && typeof value?.host === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function giveSign(lock: string): void {
  const now = new Date();
  try {
    utimesSync(lock, now, now);
  } catch {
    // The disk may be away for a while.
  }
}

/** Removes a folder where it is empty, and those above it up to `first`, which were made for it. */
function removeEmpty(folder: string, first: string | undefined): void {
  if (first === undefined) return;
  try {
    for (let place = resolve(folder); place.length >= resolve(first).length; place = dirname(place)) rmdirSync(place);
  } catch {
    // It holds something.
  }
}
