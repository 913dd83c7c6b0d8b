import { readdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { isInside } from './file-names.ts';

/** A file that a list names, or the rule that the name breaks. */
export type Guarded = { path: string } | { rule: string };

/**
 * Finds the files that a list inside a data folder names, and none outside of it: names are relative to `base`, and
 * neither `..` nor a symbolic link leads out of `root`. Folders are read once, whatever the number of files.
 *
 * @example const guard = createPathGuard(dir); const found = await guard('imagesTr/a.nii.gz')
 */
export function createPathGuard(root: string, base: string = root): (name: string) => Promise<Guarded> {
  const realRoot = realpath(root);
  const folders = new Map<string, Promise<Links | undefined>>();
  const readFolder = (folder: string): Promise<Links | undefined> => {
    let read = folders.get(folder);
    if (!read) {
      read = linksOf(folder, realRoot);
      folders.set(folder, read);
    }
    return read;
  };
  return async (name) => {
    if (name === '' || name.includes('\0')) return { rule: `a file must have a name, got ${JSON.stringify(name)}` };
    // A list written on Windows is read on Windows; elsewhere a backslash is no separator, and a drive no folder.
    if (isAbsolute(name) || /^[a-z]:|^\\/i.test(name))
      return { rule: `a file must be named relative to the data folder, got ${JSON.stringify(name)}` };
    const path = resolve(base, name);
    if (!isInside(resolve(root), path))
      return { rule: `a file must lie inside of the data folder, got ${JSON.stringify(name)}` };
    const outside = { rule: `a link must lead to a file inside of the data folder, got ${JSON.stringify(name)}` };
    const entries = await readFolder(dirname(path));
    if (entries === 'outside') return outside;
    const isLink = entries?.get(path.slice(dirname(path).length).replace(/^[/\\]/, ''));
    if (isLink === undefined) return { rule: `the file must exist, found no ${JSON.stringify(name)}` };
    if (isLink && !isInside(await realRoot, await realpath(path).catch(() => sep))) return outside;
    return { path };
  };
}

/** The names in a folder, and whether each is a link; or that the folder itself is not inside of the root. */
type Links = ReadonlyMap<string, boolean> | 'outside';

/** What a folder holds; undefined when it is not there. */
async function linksOf(folder: string, realRoot: Promise<string>): Promise<Links | undefined> {
  try {
    if (!isInside(await realRoot, await realpath(folder))) return 'outside';
    const entries = await readdir(folder, { withFileTypes: true });
    return new Map(entries.map((entry) => [entry.name, entry.isSymbolicLink()]));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}
