import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type OptionNames, requireOptions, requireText } from '@medseg/arguments';
import { FormatError } from '../format-error.ts';

/** Limits of what is read. */
export interface ReadBytesOptions {
  /** Largest file in bytes. Default: what Node reads at once, 2 GiB less a byte. */
  maxBytes?: number;
}

const optionNames: OptionNames<ReadBytesOptions> = { maxBytes: true };

/** What Node reads at once. */
const MOST = 2 ** 31 - 1;

/** Without waiting: opening a pipe to which nobody writes would take for ever. Windows has no such pipes. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads an ordinary file whole.
 *
 * Throws FormatError naming `path` for a folder, for a pipe, a socket or a device, of which there may be no end, and for
 * a file of more than `maxBytes`; else the file system's own error.
 *
 * @example const bytes = await readBytes('scan.nii.gz')
 */
export async function readBytes(path: string, options: ReadBytesOptions = {}): Promise<Uint8Array> {
  requireText('readBytes: path', path);
  requireOptions('readBytes', options, optionNames);
  const { maxBytes = MOST } = options;
  const file = await openOrdinary(path);
  try {
    checkSize(await file.stat(), path, maxBytes);
    return await file.readFile();
  } catch (error) {
    throw naming(error, path);
  } finally {
    await file.close();
  }
}

/**
 * {@link readBytes} at once, while nothing else runs.
 *
 * @example const bytes = readBytesSync('config.yaml')
 */
export function readBytesSync(path: string, options: ReadBytesOptions = {}): Uint8Array {
  requireText('readBytesSync: path', path);
  requireOptions('readBytesSync', options, optionNames);
  const { maxBytes = MOST } = options;
  let file: number;
  try {
    file = openSync(path, FLAGS);
  } catch (error) {
    throw openFault(error, path);
  }
  try {
    const found = fstatSync(file);
    checkKind(found, path);
    checkSize(found, path, maxBytes);
    return readFileSync(file);
  } catch (error) {
    throw naming(error, path);
  } finally {
    closeSync(file);
  }
}

/** Opens an ordinary file to read from it; the caller closes it. Throws what {@link readBytes} throws. */
export async function openOrdinary(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, FLAGS);
  } catch (error) {
    throw openFault(error, path);
  }
  try {
    checkKind(await file.stat(), path);
    return file;
  } catch (error) {
    await file.close();
    throw naming(error, path);
  }
}

function checkKind(found: Stats, path: string): void {
  if (found.isFile()) return;
  const kind = found.isDirectory() ? 'folder' : found.isFIFO() ? 'pipe' : found.isSocket() ? 'socket' : 'device';
  throw new FormatError(`must be an ordinary file, it is a ${kind}`, { file: path });
}

function checkSize({ size }: Stats, path: string, maxBytes: number): void {
  if (size > Math.min(maxBytes, MOST))
    throw new FormatError(`a file may have at most ${Math.min(maxBytes, MOST)} bytes, it has ${size}`, { file: path });
}

/** A socket cannot be opened at all. */
function openFault(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENXIO' ? new FormatError('must be an ordinary file, it is a socket', { file: path }) : error;
}

/** The system does not say which file it read. */
function naming(error: unknown, path: string): unknown {
  const failure = error as NodeJS.ErrnoException;
  if (failure.code !== undefined && failure.syscall !== undefined) failure.path ??= path;
  return error;
}
