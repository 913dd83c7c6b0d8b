import { readdir } from 'node:fs/promises';

const collator: Intl.Collator = new Intl.Collator('en', { numeric: true });

/** Names sorted with numbers as numbers: slice 2 before slice 10. */
function numericSort(names: string[]): string[] {
  return names.sort((a, b) => collator.compare(a, b) || (a < b ? -1 : 1));
}

/** Visible names in a folder, sorted, or undefined when it is not there. */
export async function namesIn(folder: string, kind: 'files' | 'folders'): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const wanted = entries.filter(
      (entry) => (kind === 'folders') === entry.isDirectory() && !entry.name.startsWith('.'),
    );
    return numericSort(wanted.map((entry) => entry.name));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
