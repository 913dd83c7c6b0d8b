import { closeSync, mkdirSync, openSync, realpathSync, rmSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from '@medseg/image-io/node';
import { probeOf, removeAbandoned } from './abandoned-files.ts';
import { fileKey } from './file-key.ts';
import { fileSystemRule } from './file-system-rules.ts';
import { UserError } from './user-error.ts';

/** A file or folder that a command is going to write. */
export interface OutputPath {
  /** The option that names it, such as `--json`. */
  readonly option: string;
  readonly path: string;
  /** A folder is one to write into. Default 'file'. */
  readonly kind?: 'file' | 'folder';
}

interface CheckOptions {
  /** What the command reads: files and folders, which are never replaced. */
  readonly inputs?: readonly string[];
  /** Whether files that are there are replaced. */
  readonly force?: boolean | undefined;
}

/**
 * Checks, before anything is computed, that outputs can be written: that each is of the right kind, that its folder is
 * there or can be made and written to, that no two are one file, and that none is an input or part of one. A file that is
 * there is refused without `force`. Throws UserError that names the path, the option and the rule. What processes have left
 * that ended while they wrote such a file is removed.
 */
export function checkOutputs(outputs: readonly OutputPath[], { inputs = [], force = false }: CheckOptions = {}): void {
  const taken = new Map<string, OutputPath>();
  const namesIn = new Map<string, Set<string>>();
  for (const output of outputs) {
    const { option, path } = output;
    const place = realPath(path);
    const other = taken.get(fileKey(place));
    if (other) {
      const why = realPath(other.path) === place ? '' : `, and some file systems take ${other.path} for it`;
      throw new UserError(`${path}: ${other.option} and ${option} must be two files${why}`, 2);
    }
    taken.set(fileKey(place), output);
    const folder = checkOutput(output, inputs, force);
    const names = namesIn.get(folder) ?? new Set();
    namesIn.set(folder, names.add(basename(path)));
  }
  for (const [folder, names] of namesIn) removeAbandoned(folder, (name) => names.has(name));
}

/** Returns the folder that was tried. */
function checkOutput({ option, path, kind = 'file' }: OutputPath, inputs: readonly string[], force: boolean): string {
  const found = statOf(path);
  if (found && kind === 'folder' && !found.isDirectory())
    throw new UserError(`${path}: ${option} must be a folder, it is a file`);
  if (found?.isDirectory() && kind === 'file') throw new UserError(`${path}: ${option} must be a file, it is a folder`);
  if (found && kind === 'file' && !found.isFile())
    throw new UserError(`${path}: ${option} must be an ordinary file, it is a device or a pipe`);
  const folder = checkFolder(kind === 'folder' ? path : dirname(path), { option, path });
  if (!found) return folder;
  const input = inputs.find((each) => isSame(each, path) || (kind === 'file' && isInside(path, each)));
  if (input !== undefined && kind === 'folder')
    throw new UserError(`${path}: ${option} must be another folder than ${input}, which is read`);
  if (input !== undefined) {
    const what = isSame(input, path) ? 'it is read' : `it is part of ${input}, which is read`;
    throw new UserError(`${path}: ${option} must be another file: ${what}`);
  }
  if (kind === 'file' && !force)
    throw new UserError(`${path}: exists already; choose another ${option}, or replace it with --force`);
  return folder;
}

/** Tries to make a file in the folder, or in the nearest one above it that is there: permissions alone do not tell. */
function checkFolder(folder: string, { option, path }: { option: string; path: string }): string {
  let place = resolve(folder);
  for (let found = statOf(place); found === undefined; found = statOf(place)) {
    if (dirname(place) === place) break;
    place = dirname(place);
  }
  if (!statOf(place)?.isDirectory()) throw new UserError(`${path}: ${option} must be in a folder, ${place} is a file`);
  const probe = probeOf(place);
  try {
    closeSync(openSync(probe, 'w'));
    rmSync(probe, { force: true });
  } catch (error) {
    const rule = fileSystemRule(error)?.rule ?? (error as Error).message;
    throw new UserError(`${path}: ${option} cannot be written: ${place}: ${rule}`);
  }
  return place;
}

/** Writes an output that was checked, and the folder that it is in. */
export async function writeOutput(path: string, content: Uint8Array | string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  await writeFileAtomic(path, content);
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return undefined;
    const rule = fileSystemRule(error)?.rule ?? (error as Error).message;
    throw new UserError(`${path}: ${rule}`);
  }
}

/** Whether two paths lead to one file or folder, however they are spelt: by its number, where the system has one. */
function isSame(a: string, b: string): boolean {
  if (realPath(a) === realPath(b)) return true;
  const [one, other] = [statOf(a), statOf(b)];
  return one !== undefined && one.ino !== 0 && one.ino === other?.ino && one.dev === other.dev;
}

function isInside(path: string, folder: string): boolean {
  if (!statOf(folder)?.isDirectory()) return false;
  for (let place = realPath(path); dirname(place) !== place; place = dirname(place))
    if (isSame(dirname(place), folder)) return true;
  return false;
}

/** An absolute path without links, as far as it leads to something. */
function realPath(path: string): string {
  const full = resolve(path);
  try {
    return realpathSync(full);
  } catch {
    return dirname(full) === full ? full : join(realPath(dirname(full)), basename(full));
  }
}
