import { stat } from 'node:fs/promises';
import { readBytes } from '@medseg/image-io/node';
import { DataError } from '../data-error.ts';
import { foreignEncoding } from '../foreign-encoding.ts';

/** 64 MiB: a list of several hundred thousand cases passes. */
const mostBytes = 2 ** 26;

/**
 * Reads a text file of a data set; undefined when it is not there.
 *
 * Throws DataError naming the file when it is larger than 64 MiB, and when it is UTF-16 or no text; FormatError when it is
 * no ordinary file.
 */
export async function readText(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    if (size > mostBytes) throw new DataError([{ file, rule: `a list may have ${mostBytes} bytes, got ${size}` }]);
    const bytes = await readBytes(file);
    const encoding = foreignEncoding(bytes);
    if (encoding !== undefined)
      throw new DataError([{ file, rule: `a file with names must be text in UTF-8, it is ${encoding}` }]);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).replace(/^\uFEFF/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Reads a JSON file of a data set; undefined when it is not there. Throws DataError naming the file when it is no JSON. */
export async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0]!.slice(0, 120);
    throw new DataError([{ file, rule: `a file of the data set must be JSON: ${reason}` }]);
  }
}

/** The fields of a JSON object; undefined for anything else. */
export function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
