import type { Dirent } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, parse, relative, sep } from 'node:path';
import type { DataProblem } from '../case.ts';

const collator: Intl.Collator = new Intl.Collator('en', { numeric: true });

/** Names sorted with numbers as numbers: slice 2 before slice 10. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Visible names in a folder, sorted, or undefined when it is not there. Links are followed. One that leads nowhere counts
 * as a file where its name is that of a scan, so that the scan is missed; any other one, and one that leads back to a
 * folder around it, is added to the problems when folders are asked for.
 */
export async function namesIn(
  folder: string,
  kind: 'files' | 'folders',
  problems: DataProblem[] = [],
): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const wanted: string[] = [];
    for (const entry of entries.sort((a, b) => compareNames(a.name, b.name))) {
      if (entry.name.startsWith('.')) continue;
      const found = await kindOf(entry, folder);
      if (found === kind) wanted.push(entry.name);
      else if (kind === 'folders' && typeof found === 'object')
        problems.push({ file: join(folder, entry.name), ...found });
    }
    return wanted;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}

/** What an entry is, or the rule that a link breaks; undefined for what is neither a file nor a folder. */
async function kindOf(entry: Dirent, folder: string): Promise<'files' | 'folders' | { rule: string } | undefined> {
  if (entry.isFile()) return 'files';
  if (entry.isDirectory()) return 'folders';
  const path = join(folder, entry.name);
  try {
    const target = await stat(path);
    if (target.isFile()) return 'files';
    if (!target.isDirectory()) return isScanName(entry.name) ? 'files' : undefined; // a pipe is refused when it is read
    const [real, around] = [await realpath(path), await realpath(folder)];
    return isInside(real, around)
      ? { rule: `a link must not lead to a folder that it lies in, it leads to ${real}` }
      : 'folders';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    if (isScanName(entry.name)) return 'files';
    const target = await readlink(path).catch(() => 'itself');
    return { rule: `a link must lead to a file or a folder, found nothing at ${target}` };
  }
}

/** Whether a path is that of a folder or lies in it. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}

const imageEndings = /\.(png|tiff?|jpe?g|bmp|gif)$/i;
const volumeEndings = /\.(nii|hdr|nrrd|nhdr|mha|mhd|dcm)(\.gz)?$/i;

/** Whether a file may be an image or a volume, judging by its name. */
export function isScanName(name: string): boolean {
  return imageEndings.test(name) || volumeEndings.test(name);
}

/** Whether a file may be a volume, judging by its name. */
export function isVolumeName(name: string): boolean {
  return volumeEndings.test(name);
}

/** A file's name without its ending; `.nii.gz` and the like are one ending. */
export function baseName(name: string): string {
  const { base } = parse(name);
  const plain = base.replace(/\.gz$/i, '');
  return parse(plain).name;
}
