import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** How `writeFileAtomic` calls a file on its way: its name, a process and a number. */
const PART = /^\.(.+)\.(\d+)\.\d+\.tmp$/;
/** What {@link probeOf} makes. */
const PROBE = /^\.medseg-\d+\.tmp$/;
/** Seconds after which a part that has not grown is of a process that has ended, on whatever machine it ran. */
const STILL = 10;

/** The file that tries whether a folder can be written to. */
export function probeOf(folder: string): string {
  return join(folder, `.medseg-${process.pid}.tmp`);
}

/** Whether a file is one that a process has tried a folder with; it holds nothing. */
export function isProbe(file: string): boolean {
  return PROBE.test(basename(file));
}

/** The path of the file that another one is a part of, with slashes; its own where it is whole. */
export function wholeName(file: string): string {
  const whole = PART.exec(basename(file))?.[1];
  if (whole === undefined) return file;
  return dirname(file) === '.' ? whole : `${dirname(file)}/${whole}`;
}

/**
 * Removes from a folder what processes have left that ended while they wrote to it: probes, and parts of the files that
 * `isOurs` names. A part of a process that may still run stays.
 */
export function removeAbandoned(folder: string, isOurs: (name: string) => boolean): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return; // it is not there, or does not say what it holds
  }
  for (const name of names) {
    const pid = Number(PART.exec(name)?.[2]);
    const isPart = wholeName(name) !== name && isOurs(wholeName(name)) && !isRunning(pid);
    try {
      if (isProbe(name) || (isPart && isStill(join(folder, name)))) rmSync(join(folder, name), { force: true });
    } catch {
      // It hinders nobody.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function isStill(path: string): boolean {
  const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return changed !== undefined && Date.now() - changed > 1000 * STILL;
}
