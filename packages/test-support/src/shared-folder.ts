import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root: string = process.env.MEDSEG_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));

/** A place in the reference data, which only some checkouts have: beside the project, or where MEDSEG_SHARED points. */
export function sharedPath(...parts: string[]): string {
  return join(root, ...parts);
}

/** Whether tests on a place of the reference data are skipped: it is absent, and this is not CI, where that is a failure. */
export function lacksShared(...parts: string[]): boolean {
  return process.env.CI !== 'true' && !existsSync(sharedPath(...parts));
}
