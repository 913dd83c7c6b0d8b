import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeError } from './native-error.ts';

export interface LockOptions {
  /** Called once where another process holds the lock. */
  readonly onWait?: (holder: string) => void;
  /** Milliseconds to wait for it. */
  readonly timeout?: number;
}

/** Does work that one process at a time may do; a lock left by a process that is no more is taken over. */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  { onWait, timeout = 20 * 60_000 }: LockOptions = {},
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const own = JSON.stringify({ pid: process.pid, host: hostname(), started: Date.now(), id: Math.random() });
  const until = Date.now() + timeout;
  let told = false;
  while (!take(file, own)) {
    const holder = readHolder(file);
    if (holder === undefined) continue; // just released
    if (isGone(holder, file)) {
      removeStale(file);
      continue;
    }
    if (!told && holder.pid !== 0) {
      onWait?.(`process ${holder.pid} on ${holder.host}`);
      told = true;
    }
    if (Date.now() > until) {
      throw new NativeError(
        `native install: process ${holder.pid} on ${holder.host} has been installing for too long; if it is no more, delete ${file}`,
      );
    }
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string, own: string): boolean {
  try {
    writeFileSync(file, own, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Deletes the lock of a process that is no more; one process at a time, so that none deletes another's new lock. */
function removeStale(file: string): void {
  const guard = `${file}.takeover`;
  if (!take(guard, '')) {
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 10_000) rmSync(guard, { force: true });
    return;
  }
  try {
    const holder = readHolder(file);
    if (holder && isGone(holder, file)) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** Throws NativeError where a folder is in the place of the lock, which no process would remove. */
function readHolder(file: string): Holder | undefined {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
    throw new NativeError(
      `native install: ${file} must be the file that says which process installs, got a folder; delete it`,
    );
  const unknown = { pid: 0, host: '' }; // being written, or cut off by a full disk
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as Holder | null;
    const isRight = Number.isSafeInteger(holder?.pid) && holder!.pid > 0 && typeof holder!.host === 'string';
    return isRight ? holder! : unknown;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : unknown;
  }
}

function isGone({ pid, host }: Holder, file: string): boolean {
  if (pid === 0) {
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    return age > 10_000;
  }
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
