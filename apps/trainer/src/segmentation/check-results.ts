import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { plural } from '@medseg/metrics';
import { removeAbandoned } from '../terminal/abandoned-files.ts';
import { checkOutputs } from '../terminal/output-files.ts';
import { UserError } from '../terminal/user-error.ts';
import type { NamedInput } from './name-inputs.ts';

/**
 * Throws UserError where `out` has results of the inputs already, in whatever format, unless they are to be replaced, and
 * where they are inputs themselves, which are never replaced.
 */
export function checkResults(
  out: string,
  inputs: readonly NamedInput[],
  { force = false }: { force?: boolean | undefined },
): void {
  const names = new Set(inputs.map(({ name }) => name.toLowerCase()));
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

/** The names of the inputs whose result a file may be, in small letters: some file systems do not tell them apart. */
function resultOf(file: string): string[] {
  const lower = file.toLowerCase();
  return [...lower.matchAll(/_(?:mask\.|uncertainty\.|probability[._])/g)].map(({ index }) => lower.slice(0, index));
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
