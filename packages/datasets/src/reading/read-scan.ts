import { readFile, stat } from 'node:fs/promises';
import { decodeImage, decodeVolume, sniffVolume } from '@medseg/image-io';
import { readVolume } from '@medseg/image-io/node';
import { DataError } from '../data-error.ts';
import { isVolume, type Scan, sizeText } from '../scan.ts';
import { stackChannels } from './stack-channels.ts';

export interface ReadScanOptions {
  /** Largest decoded file in bytes; 1 GiB unless given. */
  maxFileBytes?: number;
}

/** A CT of 512x512x2000 passes. */
const defaultMaxFileBytes: number = 2 ** 30;

/**
 * Reads an image or a volume, as its content says, or several files of one grid as one whose channels they are. A
 * folder is a DICOM series.
 *
 * Throws FormatError for broken files, DataError for files whose grids differ, and the file system's own errors.
 *
 * @example const scan = await readScan(['t1.nii.gz', 'flair.nii.gz'])
 */
export async function readScan(
  paths: string | readonly string[],
  { maxFileBytes = defaultMaxFileBytes }: ReadScanOptions = {},
): Promise<Scan> {
  const files = typeof paths === 'string' ? [paths] : paths;
  const scans: Scan[] = [];
  for (const file of files) scans.push(await readOne(file, maxFileBytes));
  const [first, ...others] = scans;
  if (!first) throw new RangeError('readScan: there must be a file, got none');
  for (const [i, other] of others.entries()) {
    if (isVolume(first) !== isVolume(other) || sizeText(first) !== sizeText(other)) {
      const rule = `files that are stacked must have one size, got ${sizeText(other)} for ${sizeText(first)} of ${files[0]}`;
      throw new DataError([{ file: files[i + 1]!, rule }]);
    }
  }
  return others.length === 0 ? first : stackChannels(scans, files);
}

/** Files whose voxels are in a second one. */
const pairs = /\.(hdr|img|nhdr|mhd)(\.gz)?$/i;

async function readOne(path: string, maxBytes: number): Promise<Scan> {
  if (pairs.test(path) || (await stat(path)).isDirectory()) return await readVolume(path, { maxBytes });
  const bytes = await readFile(path);
  return sniffVolume(bytes, path)
    ? await decodeVolume(bytes, path, { maxBytes })
    : await decodeImage(bytes, path, { maxBytes });
}
