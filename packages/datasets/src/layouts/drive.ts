import { join } from 'node:path';
import type { DataRemark } from '../case.ts';
import { isScanName, namesIn } from './file-names.ts';

/** The folder of the masks in DRIVE, where `mask/` holds the fields of view. */
export const driveTruth = '1st_manual';

/** The parts of DRIVE: folders with `images/` and `1st_manual/`. */
export const driveParts = ['training', 'test'] as const;

/**
 * Masks by the names of their images: DRIVE calls them `21_training` and `21_manual1`. Names of another form stay.
 *
 * @example driveMasks(new Map([['21_manual1', 'a']]), ['21_training']) // Map { '21_training' => 'a' }
 */
export function driveMasks(masks: ReadonlyMap<string, string>, images: Iterable<string>): Map<string, string> {
  const byNumber = new Map<string, string>();
  for (const name of images) {
    const number = /^(\d+)_(training|test)$/i.exec(name)?.[1];
    if (number !== undefined) byNumber.set(number, name);
  }
  return new Map(
    [...masks].map(([name, path]) => [byNumber.get(/^(\d+)_manual1$/i.exec(name)?.[1] ?? '') ?? name, path]),
  );
}

/** What is left out of a folder of DRIVE: its fields of view. */
export async function driveRemarks(dir: string, folder: string): Promise<DataRemark[]> {
  const text = `is read as DRIVE's field of view, and left out: the masks are in ${driveTruth}/`;
  const isLeft = (await namesIn(join(dir, folder), 'files'))?.some(isScanName);
  return isLeft ? [{ file: join(dir, folder), text }] : [];
}
