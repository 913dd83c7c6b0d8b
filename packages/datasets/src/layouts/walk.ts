import { join } from 'node:path';
import { namesIn } from './file-names.ts';

/** A folder somewhere below a data folder, with its files. */
export interface Folder {
  path: string;
  /** The names from the data folder to this one. */
  names: string[];
  files: string[];
}

/**
 * The folders of a tree, the data folder first, names in numeric order, down to a depth. Hidden ones and links are left
 * out. Undefined when there is no such folder.
 */
export async function walk(dir: string, depth: number): Promise<Folder[] | undefined> {
  const files = await namesIn(dir, 'files');
  if (!files) return undefined;
  const found: Folder[] = [{ path: dir, names: [], files }];
  for (let i = 0; i < found.length; i++) {
    const { path, names } = found[i]!;
    if (names.length >= depth) continue;
    for (const name of (await namesIn(path, 'folders')) ?? []) {
      const below = join(path, name);
      found.push({ path: below, names: [...names, name], files: (await namesIn(below, 'files')) ?? [] });
    }
  }
  return found;
}

/** The listing of a folder that does not exist. */
export function noFolder(dir: string): { cases: []; problems: { file: string; rule: string }[] } {
  return { cases: [], problems: [{ file: dir, rule: 'the data folder must exist' }] };
}
