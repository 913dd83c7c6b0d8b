import { readdir } from 'node:fs/promises';
import { parse } from 'node:path';

const collator: Intl.Collator = new Intl.Collator('en', { numeric: true });

/** Names sorted with numbers as numbers: slice 2 before slice 10. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Visible names in a folder, sorted, or undefined when it is not there. */
export async function namesIn(folder: string, kind: 'files' | 'folders'): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const wanted = entries.filter(
      (entry) => (kind === 'folders') === entry.isDirectory() && !entry.name.startsWith('.'),
    );
    return wanted.map((entry) => entry.name).sort(compareNames);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
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
