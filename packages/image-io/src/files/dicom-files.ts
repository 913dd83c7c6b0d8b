import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
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

/** Endings of DICOM files. */
const ending = /\.(dcm|dicom|ima)$/i;

/**
 * Throws FormatError for a file in the folder of a series that is no DICOM though it was meant to be: it is empty, or
 * has the ending of DICOM. It may be a slice, and without it the volume would be shorter.
 */
export function requireNoBrokenSlice(bytes: Uint8Array, path: string): void {
  if (bytes.length === 0 && !basename(path).startsWith('.'))
    throw new FormatError('a file of a DICOM series must hold DICOM, it is empty', { file: path });
  if (ending.test(path)) throw new FormatError('a file of a DICOM series must hold DICOM, it does not', { file: path });
}
