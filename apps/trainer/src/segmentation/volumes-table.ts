import { join } from 'node:path';
import { readBytes, writeFileAtomic } from '@medseg/image-io/node';
import { toCsv } from '@medseg/metrics';
import type { ClassSize } from '@medseg/pipeline';
import { UserError } from '../terminal/user-error.ts';

const columns = ['case', 'class', 'voxels', 'ml'];
const heading = `${columns.join(',')}\r\n`;

/** The sizes of the classes of each case, kept in `volumes.csv` of a folder. */
export interface VolumesTable {
  /** Adds a case and writes the table; cases that were there before and have not been added stay. */
  add(name: string, sizes: readonly ClassSize[]): Promise<void>;
}

/** Opens the table of a folder. Throws UserError where the file is another table. */
export async function openVolumesTable(folder: string): Promise<VolumesTable> {
  const path = join(folder, 'volumes.csv');
  const before = await textOf(path);
  if (before !== undefined && !before.startsWith(heading))
    throw new UserError(`${path}: must have the columns ${columns.join(', ')}, or not be there; choose another --out`);
  const added = new Map<string, (string | number)[][]>();
  return {
    add: async (name, sizes) => {
      const rows = sizes.map(({ name: label, voxels, ml }) => [
        name,
        label,
        voxels,
        ml === undefined ? '' : rounded(ml),
      ]);
      added.set(name, rows);
      const kept = (before ?? heading)
        .slice(heading.length)
        .split('\r\n')
        .filter((line) => line !== '' && !added.has(caseOf(line)));
      const table = toCsv({ columns, rows: [...added.values()].flat() }).slice(heading.length);
      await writeFileAtomic(path, Buffer.from(heading + kept.map((line) => `${line}\r\n`).join('') + table));
    },
  };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readBytes(path, { maxBytes: 2 ** 28 }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The first cell of a line, without the apostrophe that keeps a text from being a formula. */
function caseOf(line: string): string {
  const [, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^,]*))/.exec(line)!;
  const cell = quoted?.replaceAll('""', '"') ?? plain!;
  return cell.replace(/^'(?=[=+@\t\r\n-])/, '');
}

/** A millionth of a millilitre is a thousandth of a cubic millimetre. */
function rounded(ml: number): number {
  return Number(ml.toFixed(6));
}
