import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

/** A process as others can find out whether it still runs. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Of the numbers of processes: containers of one machine have their own. Absent where the system does not say. */
  readonly namespace?: string;
  /** Which start of the machine: its identifier, or when it was in seconds. */
  readonly boot: string | number;
  /** When the process was started, in ticks from the machine's start; absent where the system does not say. */
  readonly started?: string;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  const started = startOf(process.pid);
  const namespace = attempt(() => readlinkSync('/proc/self/ns/pid'));
  return {
    pid: process.pid,
    host: hostname(),
    ...(namespace !== undefined && { namespace }),
    boot: bootOf(),
    ...(started !== undefined && { started }),
  };
}

/** Whether a process runs; undefined where it is on another machine or in another container, and cannot be asked. */
export function isRunning({ pid, host, namespace, boot, started }: ProcessIdentity): boolean | undefined {
  const own = ownIdentity();
  if (host !== own.host) return undefined;
  if (!isSameBoot(boot, own.boot)) return false;
  if (namespace !== own.namespace) return undefined;
  const now = startOf(pid);
  if (now !== undefined && started !== undefined) return now === started; // else the number was given to another
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Clocks are set, so that a start in seconds is known to a minute or two. */
const CLOCK = 120;

function isSameBoot(a: string | number, b: string | number): boolean {
  return typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) < CLOCK : a === b;
}

function bootOf(): string | number {
  return (
    attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ??
    Math.round(Date.now() / 1000 - uptime())
  );
}

/** Field 22 of `/proc/<pid>/stat`; the second field is a name in brackets that may hold anything. */
function startOf(pid: number): string | undefined {
  return attempt(() => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  });
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
