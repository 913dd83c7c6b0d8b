import { readFile } from 'node:fs/promises';
import { FormatError } from '@medseg/image-io';
import type { Case, MaskFile } from '../case.ts';
import { DataError } from '../data-error.ts';
import type { Scan } from '../scan.ts';
import type { AnnotatedBits, ReadCase } from './annotated.ts';
import { decodeMask, maskOfScan } from './decode-mask.ts';
import type { ReadScanOptions } from './decode-scan.ts';
import type { MaskBits } from './mask-bits.ts';
import { isSeveralFiles, readScan } from './read-scan.ts';

/**
 * Reads the image and the masks of a case at their own size.
 *
 * Throws FormatError for broken files, and DataError when a mask's grid differs from the image's or its values are of
 * no class.
 *
 * @example const { scan, masks } = await readCase(listing.cases[0])
 */
export async function readCase(c: Case, options: ReadScanOptions = {}): Promise<ReadCase> {
  const scan = await readScan(c.images, { ...options, ...(c.series !== undefined && { series: c.series }) });
  const masks: AnnotatedBits[] = [];
  for (const mask of c.masks) masks.push({ annotator: mask.annotator, bits: await readMask(c, mask, scan, options) });
  return { scan, masks };
}

async function readMask(c: Case, { path }: MaskFile, scan: Scan, options: ReadScanOptions): Promise<MaskBits> {
  return (await isSeveralFiles(path))
    ? maskOfScan(await readScan(path, options), scan, c.classes, path)
    : await decodeMask(await readFile(path), path, scan, c, options);
}

/** What an error says about the data; throws it again when it is about something else. */
export function problemsOf(error: unknown): { file: string; rule: string }[] {
  if (error instanceof DataError) return error.problems;
  if (error instanceof FormatError) {
    const where = error.offset === undefined ? '' : ` (byte ${error.offset})`;
    return [{ file: error.file ?? '', rule: `${error.rule}${where}` }];
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path) return [{ file: path, rule: 'the file must exist' }];
  if (code === 'ELOOP' && path) return [{ file: path, rule: 'a link must lead to a file, it leads in a circle' }];
  throw error;
}
