import { existsSync, readdirSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Run, type RunInfo } from '@medseg/pipeline';
import { folderStore } from '@medseg/pipeline/node';
import { UserError } from '../terminal/user-error.ts';

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

/** Throws UserError where a new run could not be written to the folder. */
export function assertFree(folder: string): void {
  if (!existsSync(folder)) return;
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch {
    throw new UserError(`${folder}: --out must be a folder, it is a file`);
  }
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
