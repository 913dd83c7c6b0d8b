import { FormatError } from '@medseg/image-io';
import type { DataProblem } from '../case.ts';
import { DataError } from '../data-error.ts';

/** An error as it goes from thread to thread, which keeps no class. */
export interface PlainError {
  name: string;
  message: string;
  stack?: string | undefined;
  problems?: DataProblem[];
  format?: { rule: string; file: string | undefined; offset: number | undefined };
  system?: { code: string | undefined; path: string | undefined; syscall: string | undefined };
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const plain = { name, message, stack };
  if (error instanceof DataError) return { ...plain, problems: error.problems };
  if (error instanceof FormatError) {
    const { rule, file, offset } = error;
    return { ...plain, format: { rule, file, offset } };
  }
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  return { ...plain, ...(code !== undefined && { system: { code, path, syscall } }) };
}

/** The error that was made plain, of the same class. */
export function restoreError({ name, message, stack, problems, format, system }: PlainError): Error {
  if (problems) return new DataError(problems);
  if (format) return new FormatError(format.rule, { file: format.file, offset: format.offset });
  const error = name === 'RangeError' ? new RangeError(message) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return system ? Object.assign(error, system) : error;
}
