import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { requireText } from '@medseg/arguments';
import { readBytes } from '@medseg/image-io/node';
import { RunError } from '../errors.ts';
import { modelFileStore } from '../run/model-file.ts';
import { RUN_FILES, Run } from '../run/run.ts';
import type { RunStore } from '../run/store.ts';
import { folderStore } from './folder-store.ts';

/** Files of a run's folder that are not opened alone; its weights may be a file that `medseg export` wrote. */
const PARTS: ReadonlySet<string> = new Set([RUN_FILES.info, RUN_FILES.metrics, RUN_FILES.report]);

/** What is at a path: the folder of a run, or a file that `medseg export` wrote. */
export async function storeAt(path: string): Promise<RunStore> {
  requireText('openRun: path', path);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return folderStore(path);
  if (PARTS.has(basename(path))) {
    throw new RunError(`${path}: a run must be given by its folder, ${dirname(path)}, got a file in it`);
  }
  return modelFileStore(await readBytes(path), path);
}

/**
 * Opens the run in a folder, or in a file that `medseg export` wrote. Throws RunError where there is none.
 *
 * @example const run = await openRun('runs/mine');
 */
export async function openRun(path: string): Promise<Run> {
  return Run.open(await storeAt(path));
}

/** Opens the run in a folder. Throws RunError where there is none, and for a file: what is exported has no patients. */
export async function openRunFolder(folder: string): Promise<Run> {
  requireText('openRunFolder: folder', folder);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isFile()) {
    const reason = folder.endsWith('.safetensors')
      ? '; a file of medseg export has no patients, and can only segment'
      : '';
    throw new RunError(`${folder}: the run must be given by its folder, got a file${reason}`);
  }
  return Run.open(folderStore(folder));
}
