import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@medseg/image-io/node';
import { RUN_FILES, Run, type RunInfo, type RunStore } from '@medseg/pipeline';
import { checkOutputs } from '../terminal/output-files.ts';
import { UserError } from '../terminal/user-error.ts';

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
  };
}

/** Opens the run in a folder. Throws RunError where there is none. */
export function openRunFolder(folder: string): Promise<Run> {
  return Run.open(folderStore(folder));
}

/**
 * Writes a new run into a folder. Throws UserError where the folder holds something already; when writing fails, nothing
 * of the run is left.
 */
export async function createRunFolder(
  folder: string,
  info: RunInfo,
  files: Parameters<typeof Run.create>[2],
): Promise<Run> {
  assertFree(folder);
  const existed = existsSync(folder);
  try {
    return await Run.create(folderStore(folder), info, files);
  } catch (error) {
    for (const made of [join(folder, 'checkpoints'), ...(existed ? [] : [folder])]) await removeIfEmpty(made);
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
  if (entries.includes('run.json')) {
    throw new UserError(`${folder}: holds a run already; resume it with --resume, or choose another --out`);
  }
  if (entries.length > 0) {
    throw new UserError(`${folder}: --out must be a new or an empty folder, it holds ${entries[0]}`);
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
