import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Run, RunConfig } from '@medseg/pipeline';

/**
 * A configuration as `run.json` keeps it: with the folder of the data relative to that of the run, so that the file tells
 * nothing of the machine, and both can move together.
 */
export function recordedConfig(config: RunConfig, runFolder: string): RunConfig {
  const dir = relative(realPath(runFolder), realPath(config.data.dir));
  return { ...config, data: { ...config.data, dir: dir.replaceAll('\\', '/') || '.' } };
}

/** The folder of the data that a run was trained on; undefined for an imported run. Runs of earlier versions keep it absolute. */
export function dataFolderOf({ name, info }: Run): string | undefined {
  if (info.kind !== 'trained') return undefined;
  const { dir } = info.config.data;
  if (isAbsolute(dir)) return dir;
  // The way was taken from the folder itself, not from a link to it.
  const folder = realPath(name) === resolve(name) ? name : realPath(name);
  return join(folder, dir);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
