import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RUN_FILES } from '@medseg/pipeline';
import { isProbe, wholeName } from '../terminal/abandoned-files.ts';
import { output } from '../terminal/output.ts';
import { isLock } from './lock.ts';

/** What a run folder may hold before it has a `run.json`, by its folder: files, and parts of them. */
const EARLY = [RUN_FILES.checkpoint, RUN_FILES.previousCheckpoint, RUN_FILES.model, RUN_FILES.cases, RUN_FILES.info];

/**
 * Whether a folder holds nothing but what a process has left that ended before its run was begun: the lock, which no other
 * program makes, and files that are of no use without `run.json`.
 */
export function isLeftOver(folder: string): boolean {
  const files = existsSync(folder) ? filesOf(folder) : [];
  if (!files.some(isLock) || files.includes(RUN_FILES.info)) return false;
  return files.every((file) => isLock(file) || isProbe(file) || EARLY.some((early) => early === wholeName(file)));
}

/** Removes what {@link isLeftOver} finds but the lock, which is ours by now. */
export function removeLeftOvers(folder: string): void {
  const files = filesOf(folder).filter((file) => !isLock(file));
  for (const file of files) rmSync(join(folder, file), { recursive: true, force: true });
  rmSync(join(folder, dirname(RUN_FILES.checkpoint)), { recursive: true, force: true });
  if (files.length > 0)
    output.remark(`note: ${folder} held what a process had left that ended before its run was begun; it is removed`);
}

/** Removes the parts of files that a process has left that ended while it was writing. Only for who holds the lock. */
export function removeParts(folder: string): void {
  const names: readonly string[] = Object.values(RUN_FILES);
  for (const file of filesOf(folder))
    if (wholeName(file) !== file && names.includes(wholeName(file))) rmSync(join(folder, file), { force: true });
}

/** The files of a run folder, with slashes; what is in other folders than a run's own is named by them. */
function filesOf(folder: string): string[] {
  const own = dirname(RUN_FILES.checkpoint);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && entry.name === own
      ? readdirSync(join(folder, own)).map((name) => `${own}/${name}`)
      : [entry.name],
  );
}
