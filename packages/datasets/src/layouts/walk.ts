import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataProblem } from '../case.ts';
import { namesIn } from './file-names.ts';

/** A folder somewhere below a data folder, with its files. */
export interface Folder {
  path: string;
  /** The names from the data folder to this one. */
  names: string[];
  files: string[];
}

/**
 * The folders of a tree, the data folder first, names in numeric order, down to a depth. Hidden ones are left out. Links
 * are followed; those that lead nowhere, or back to a folder on the way to them, are added to the problems. Undefined
 * when there is no such folder.
 */
export async function walk(dir: string, depth: number, problems: DataProblem[]): Promise<Folder[] | undefined> {
  const files = await namesIn(dir, 'files');
  if (!files) return undefined;
  /** Each folder with the true paths of those on the way to it. */
  const found: { folder: Folder; way: readonly string[] }[] = [
    { folder: { path: dir, names: [], files }, way: [await realpath(dir)] },
  ];
  for (let i = 0; i < found.length; i++) {
    const { folder, way } = found[i]!;
    if (folder.names.length >= depth) continue;
    for (const name of (await namesIn(folder.path, 'folders', problems)) ?? []) {
      const path = join(folder.path, name);
      const real = await realpath(path);
      if (way.includes(real)) {
        problems.push({
          file: path,
          rule: `a link must not lead back to a folder on the way to it, it leads to ${real}`,
        });
        continue;
      }
      const below = { path, names: [...folder.names, name], files: (await namesIn(path, 'files')) ?? [] };
      found.push({ folder: below, way: [...way, real] });
    }
  }
  return found.map(({ folder }) => folder);
}

/** The listing of a folder that does not exist. */
export function noFolder(dir: string): { cases: []; problems: { file: string; rule: string }[] } {
  return { cases: [], problems: [{ file: dir, rule: 'the data folder must exist' }] };
}
