import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { requireBytes, requireText } from '@medseg/arguments';

let serial = 0;

/**
 * Writes a file so that `path` is at every moment the old file or the whole new one: a file beside it is written,
 * flushed to the disk and renamed, and the folder is flushed. When anything fails it is removed again and the error goes on.
 *
 * @example await writeFileAtomic('run/state.json', JSON.stringify(state))
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  requireText('writeFileAtomic: path', path);
  if (typeof content !== 'string') requireBytes('writeFileAtomic: content', content);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${serial++}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    const failure = error as NodeJS.ErrnoException;
    if (failure.code !== undefined) failure.path = path; // the system does not say which file a write was for
    throw error;
  }
}

/** Flushes the names in a folder to the disk, where the system has that: without it a rename may be undone by a power cut. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows and some network file systems flush no folders.
  }
}
