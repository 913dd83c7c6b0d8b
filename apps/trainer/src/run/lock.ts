import { mkdirSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readBytesSync } from '@medseg/image-io/node';
import { output } from '../terminal/output.ts';
import { formatDuration } from '../terminal/progress.ts';
import { UserError } from '../terminal/user-error.ts';
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** The file that says which process writes to a run folder. */
export const LOCK_FILE = 'run.lock';
/** Stands while a process takes the place of one that has ended: so that two do not. */
const TAKEOVER_FILE = 'run.lock.takeover';

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
  const release = (): void => {
    if (readLock(lock) === own) rmSync(lock, { force: true });
    removeEmpty(folder, made);
  };
  try {
    acquire(folder, own);
  } catch (error) {
    removeEmpty(folder, made);
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

function acquire(folder: string, own: string): void {
  const lock = join(folder, LOCK_FILE);
  if (makeFile(lock, own)) return;
  requireEnded(folder, lock);
  const takeover = join(folder, TAKEOVER_FILE);
  if (!makeFile(takeover, own)) {
    throw new UserError(
      `${folder}: another process is taking over this run; if none is, delete ${TAKEOVER_FILE} there`,
    );
  }
  try {
    const holder = requireEnded(folder, lock); // once more: another may have been faster
    rmSync(lock, { force: true });
    if (!makeFile(lock, own)) throw new UserError(`${folder}: another process works on this run`);
    output.remark(
      `note: process ${holder?.pid ?? 'unknown'} worked on ${folder} and has ended; its lock is taken over`,
    );
  } finally {
    rmSync(takeover, { force: true });
  }
}

/** The process whose lock a file is. Throws UserError where it may still run. */
function requireEnded(folder: string, lock: string): ProcessIdentity | undefined {
  const text = readLock(lock);
  if (text === undefined) return undefined; // just released
  const silence = (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0)) / 1000;
  const holder = parse(text);
  if (holder === undefined) {
    if (silence > WRITING) return undefined;
    throw new UserError(`${folder}: another process is beginning to work on this run`);
  }
  const running = isRunning(holder);
  if (running === false || (running === undefined && silence > SILENCE)) return holder;
  if (running) throw new UserError(`${folder}: process ${holder.pid} works on this run; wait for its end, or end it`);
  throw new UserError(
    `${folder}: process ${holder.pid} on ${holder.host} works on this run, by a sign of life ${formatDuration(silence)} ago; if it has ended, delete ${LOCK_FILE} there`,
  );
}

/** Makes a file with some text; false where there is one. */
function makeFile(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
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
