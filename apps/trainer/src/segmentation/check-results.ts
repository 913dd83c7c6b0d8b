import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { plural } from '@medseg/metrics';
import { removeAbandoned } from '../terminal/abandoned-files.ts';
import { fileKey } from '../terminal/file-key.ts';
import { checkOutputs } from '../terminal/output-files.ts';
import { UserError } from '../terminal/user-error.ts';
import type { NamedInput } from './name-inputs.ts';

/** Names of files have 255 bytes: so many are left beside `_uncertainty.nii.gz` and what a file is called while it is written. */
const LONGEST_NAME = 210;

/**
 * Throws UserError where `out` has results of the inputs already, in whatever format, unless they are to be replaced,
 * where they are inputs themselves, which are never replaced, and for inputs whose results would have names that are too
 * long.
 */
export function checkResults(
  out: string,
  inputs: readonly NamedInput[],
  { force = false }: { force?: boolean | undefined },
): void {
  const long = inputs.find(({ name }) => Buffer.byteLength(name) > LONGEST_NAME);
  if (long) {
    const rule = `its results are named after it, and file systems take no longer names than 255 bytes`;
    throw new UserError(
      `${long.file}: its name must have at most ${LONGEST_NAME} bytes, got ${Buffer.byteLength(long.name)}: ${rule}`,
    );
  }
  const names = new Set(inputs.map(({ name }) => fileKey(name)));
  const isResult = (file: string): boolean => resultOf(file).some((name) => names.has(name));
  removeAbandoned(out, (file) => file === 'volumes.csv' || isResult(file));
  const there = filesIn(out).filter(isResult);
  const files = inputs.flatMap((input) => input.files);
  checkOutputs(
    there.map((file) => ({ option: '--out', path: join(out, file) })),
    { inputs: files, force: true },
  );
  if (there.length === 0 || force) return;
  const more = there.length > 1 ? ` and ${plural(there.length - 1, 'other results')}` : '';
  throw new UserError(
    `${out}: holds ${there[0]}${more} already; choose another --out, or replace ${there.length > 1 ? 'them' : 'it'} with --force`,
  );
}

/** The names of the inputs whose result a file may be, as `fileKey` has them: some file systems do not tell them apart. */
function resultOf(file: string): string[] {
  const lower = fileKey(file);
  return [...lower.matchAll(/_(?:mask\.|uncertainty\.|probability[._]|step-\d+[._])/g)].map(({ index }) =>
    lower.slice(0, index),
  );
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
