import { appendFile, copyFile, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readBytes, writeFileAtomic } from '@medseg/image-io/node';
import type { RunStore } from '../run/store.ts';

/**
 * A run in a folder; files appear whole or not at all.
 *
 * @example const run = await Run.open(folderStore('runs/mine'));
 */
export function folderStore(folder: string): RunStore {
  const place = (path: string): string => join(folder, path);
  return {
    name: folder,
    read: async (path) => {
      try {
        return await readBytes(place(path));
      } catch (error) {
        // A file in the place of the run's folder is no run; one in the place of a folder within it is a fault.
        if (isMissing(error) && (isCode(error, 'ENOENT') || dirname(path) === '.')) return undefined;
        throw error;
      }
    },
    write: async (path, bytes) => {
      await mkdir(dirname(place(path)), { recursive: true });
      await writeFileAtomic(place(path), bytes);
    },
    append: async (path, bytes) => {
      try {
        await appendFile(place(path), bytes);
      } catch (error) {
        (error as NodeJS.ErrnoException).path ??= place(path); // the system does not say which file a write was for
        throw error;
      }
    },
    remove: (path) => rm(place(path), { force: true }),
    copy: async (from, to) => {
      const temporary = join(dirname(place(to)), `.${basename(to)}.${process.pid}.0.tmp`);
      await rm(temporary, { force: true });
      try {
        // A second name for the same bytes: the first is never written to, only replaced.
        await link(place(from), temporary).catch((error) => {
          if (isMissing(error)) throw error;
          return copyFile(place(from), temporary);
        });
        await rename(temporary, place(to));
      } catch (error) {
        if (!isMissing(error)) throw error;
      } finally {
        await rm(temporary, { force: true });
      }
    },
    flush: async (path) => {
      try {
        const file = await open(place(path), 'r+');
        await file.sync().finally(() => file.close());
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}

function isMissing(error: unknown): boolean {
  return isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR');
}
