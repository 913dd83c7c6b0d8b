import { existsSync, readdirSync, statSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RUN_FILES, Run, type RunInfo } from '@medseg/pipeline';
import { folderStore } from '@medseg/pipeline/node';
import { checkOutputs } from '../terminal/output-files.ts';
import { UserError } from '../terminal/user-error.ts';
import { isLeftOver, removeLeftOvers } from './left-overs.ts';
import { isLock } from './lock.ts';

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

/** The files of a run that no output may replace: all but its report; of an exported run, its one file. */
export function runFiles(run: Run): string[] {
  if (statSync(run.name, { throwIfNoEntry: false })?.isFile()) return [run.name];
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
  const other = entries.find((entry) => !isLock(entry));
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
