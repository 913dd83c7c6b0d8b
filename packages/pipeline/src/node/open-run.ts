import { stat } from 'node:fs/promises';
import { readBytes } from '@medseg/image-io/node';
import { modelFileStore } from '../run/model-file.ts';
import { Run } from '../run/run.ts';
import type { RunStore } from '../run/store.ts';
import { folderStore } from './folder-store.ts';

/** What is at a path: the folder of a run, or a file that `medseg export` wrote. */
export async function storeAt(path: string): Promise<RunStore> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? modelFileStore(await readBytes(path), path) : folderStore(path);
}

/**
 * Opens the run in a folder, or in a file that `medseg export` wrote. Throws RunError where there is none.
 *
 * @example const run = await openRun('runs/mine');
 */
export async function openRun(path: string): Promise<Run> {
  return Run.open(await storeAt(path));
}

/** Opens the run in a folder. Throws RunError where there is none. */
export function openRunFolder(folder: string): Promise<Run> {
  return Run.open(folderStore(folder));
}
