import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from '../format-error.ts';

/**
 * The files in a folder, links to files among them, in the order of their names.
 *
 * Throws FormatError for a link that leads nowhere: it may be a slice.
 */
export async function filesIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile() || (!entry.isDirectory() && (await leadsToFile(path)))) paths.push(path);
  }
  return paths.sort();
}

async function leadsToFile(link: string): Promise<boolean> {
  try {
    return (await stat(link)).isFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    throw new FormatError('a link must lead to a file, it leads nowhere', { file: link });
  }
}
