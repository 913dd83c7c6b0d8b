import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { foreignEncoding } from '@medseg/datasets';
import { readBytes } from '@medseg/image-io/node';
import { UserError } from '../terminal/user-error.ts';

/** A list of several hundred thousand paths passes. */
const MOST_BYTES = 2 ** 26;

/** One line of a list: a path, or the paths of the channels of one scan, absolute. */
export interface ListedPath {
  readonly files: readonly string[];
  /** From 1. */
  readonly line: number;
}

/**
 * Reads a list of paths: a text file in UTF-8, with or without a mark of byte order, with a path per line, relative to it.
 * Spaces inside of a path are part of it; those around it are not, unless it stands in quotes, double or single. Paths
 * joined with commas are the channels of one scan; a path that has a comma itself stands in quotes, or is there as it is
 * written. Empty lines and those that begin with # are passed over.
 *
 * Throws UserError that names the line for one that is no path, and for a list without any; the file system's own error
 * where the list cannot be read.
 */
export async function readPathList(list: string): Promise<ListedPath[]> {
  const bytes = await readBytes(list, { maxBytes: MOST_BYTES });
  const encoding = foreignEncoding(bytes);
  if (encoding !== undefined)
    throw new UserError(`${list}: a list must be a text file in UTF-8 with a path per line, it is ${encoding}`);
  const text = new TextDecoder().decode(bytes);
  const found: ListedPath[] = [];
  for (const [i, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const files = pathsOf(line, (path) => resolve(dirname(list), path));
    if (typeof files === 'string')
      throw new UserError(`${list}: line ${i + 1} must be a path, ${files}, got ${JSON.stringify(line.slice(0, 80))}`);
    found.push({ files, line: i + 1 });
  }
  if (found.length === 0) throw new UserError(`${list}: a list must have a path per line, got none`);
  return found;
}

/** The paths of a line, or the rule that it breaks. */
function pathsOf(line: string, place: (path: string) => string): string[] | string {
  // Names may hold commas and quotes: what is there as it is written is meant so.
  if (/[\p{Cc}]/u.test(line)) return 'without control characters';
  if (existsSync(place(line))) return [place(line)];
  const paths: string[] = [];
  for (let rest = line; ; ) {
    const [all, double, single, plain] = /^\s*(?:"([^"]*)"|'([^']*)'|([^,"]*?))\s*(?:,|$)/.exec(rest) ?? [];
    if (all === undefined) return 'with quotes around the whole of it or none';
    const path = double ?? single ?? plain!;
    if (path === '') return 'and between commas, too';
    paths.push(place(path));
    rest = rest.slice(all.length);
    if (!all.endsWith(',')) return paths;
  }
}
