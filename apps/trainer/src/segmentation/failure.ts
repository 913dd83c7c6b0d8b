import { DataError } from '@medseg/datasets';
import { FormatError } from '@medseg/image-io';
import { RunError } from '@medseg/pipeline';
import { fileSystemRule } from '../terminal/file-system-rules.ts';
import { outOfMemory } from '../terminal/out-of-memory.ts';
import { oneLine } from '../terminal/output.ts';

/** A file that could not be segmented. */
export interface Failure {
  readonly file: string;
  /** The rule that it breaks, with the value found. */
  readonly rule: string;
}

/**
 * What an error says of one file, so that the others can go on. `id` is what messages about a scan begin with.
 */
export function failureOf(error: unknown, file: string, id: string): Failure {
  if (error instanceof FormatError) {
    const where = error.offset === undefined ? '' : ` (byte ${error.offset})`;
    return { file: error.file ?? file, rule: `${error.rule}${where}` };
  }
  if (error instanceof DataError) return error.problems[0] ?? { file, rule: error.message };
  const memory = outOfMemory(error);
  if (memory !== undefined) return { file, rule: memory };
  if (error instanceof RunError || error instanceof RangeError) {
    const { message } = error;
    return { file, rule: message.startsWith(`${id}: `) ? message.slice(id.length + 2) : message };
  }
  const system = fileSystemRule(error);
  if (system) return { file: system.path, rule: system.rule };
  if (!(error instanceof Error)) throw error;
  return { file, rule: `internal error, please report it: ${oneLine(error.message)}` };
}

/** The failures as lines of two columns, after a line that counts them. */
export function failureLines(failures: readonly Failure[], of: number): string[] {
  const width = Math.max(...failures.map(({ file }) => file.length));
  return [
    `failed: ${failures.length} of ${of}`,
    ...failures.map(({ file, rule }) => `  ${file.padEnd(width)}  ${rule}`),
  ];
}
