import { existsSync, readdirSync } from 'node:fs';
import { appendFile, copyFile, link, mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomic } from '@medseg/image-io/node';
import { RUN_FILES, Run, type RunInfo, type RunStore } from '@medseg/pipeline';
import { checkOutputs } from '../terminal/output-files.ts';
import { UserError } from '../terminal/user-error.ts';
import { isLeftOver, removeLeftOvers } from './left-overs.ts';
import { LOCK_FILE } from './lock.ts';

/** A run in a folder; files appear whole or not at all. */
function folderStore(folder: string): RunStore {
  const place = (path: string): string => join(folder, path);
  return {
    name: folder,
    read: async (path) => {
      try {
        return await readFile(place(path));
      } catch (error) {
        if (isMissing(error)) return undefined;
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

/** Opens the run in a folder. Throws RunError where there is none. */
export function openRunFolder(folder: string): Promise<Run> {
  return Run.open(folderStore(folder));
}

/**
 * Writes a new run into a folder, whose lock the process holds. Throws UserError where the folder holds something already;
 * when writing fails, nothing of the run is left.
 */
export async function createRunFolder(
  folder: string,
  info: RunInfo,
  files: Parameters<typeof Run.create>[2],
): Promise<Run> {
  assertFree(folder);
  if (isLeftOver(folder)) removeLeftOvers(folder);
  try {
    return await Run.create(folderStore(folder), info, files);
  } catch (error) {
    await removeIfEmpty(join(folder, dirname(RUN_FILES.checkpoint)));
    throw error;
  }
}

/** The files of a run that no output may replace: all but its report. */
export function runFiles(run: Run): string[] {
  const { report: _, ...files } = RUN_FILES;
  return Object.values(files).map((file) => join(run.name, file));
}

/** Throws UserError where a new run could not be written to the folder. */
export function assertFree(folder: string): void {
  checkOutputs([{ option: '--out', path: folder, kind: 'folder' }]);
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder);
  if (entries.includes(RUN_FILES.info)) {
    throw new UserError(`${folder}: holds a run already; resume it with --resume, or choose another --out`);
  }
  const other = entries.find((entry) => entry !== LOCK_FILE);
  if (other !== undefined && !isLeftOver(folder)) {
    throw new UserError(`${folder}: --out must be a new or an empty folder, it holds ${other}`);
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch {
    // It holds something else, or was never made.
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
