import { stat } from 'node:fs/promises';
import { requireList, requireOptions } from '@medseg/arguments';
import { readBytes, readVolume } from '@medseg/image-io/node';
import { acceptScan } from '../field-of-view.ts';
import type { Scan } from '../scan.ts';
import {
  decodeScan,
  defaultMaxFileBytes,
  namingLimit,
  type ReadScanOptions,
  readScanOptionNames,
} from './decode-scan.ts';
import { stackChannels } from './stack-channels.ts';

/**
 * Reads an image or a volume, as its content says, or several files of one grid as one whose channels they are. A
 * folder is a DICOM series; of several, `options.series` chooses one.
 *
 * Throws what `decodeScan` throws, DataError for files whose grids differ, and the file system's own errors.
 *
 * @example const scan = await readScan(['t1.nii.gz', 'flair.nii.gz'])
 */
export async function readScan(paths: string | readonly string[], options: ReadScanOptions = {}): Promise<Scan> {
  requireOptions('readScan', options, readScanOptionNames);
  const files = typeof paths === 'string' ? [paths] : paths;
  requireList('readScan: paths', files);
  if (files.length === 0) throw new RangeError('readScan: there must be a file, got none');
  const scans: Scan[] = [];
  for (const file of files) scans.push(await readOne(file, options));
  return stackChannels(scans, files);
}

/** Files whose voxels are in a second one. */
const pairs = /\.(hdr|img|nhdr|mhd)(\.gz)?$/i;

/** Whether a path stands for several files: a folder, or a header whose voxels are elsewhere. */
export async function isSeveralFiles(path: string): Promise<boolean> {
  return pairs.test(path) || (await stat(path)).isDirectory();
}

async function readOne(path: string, options: ReadScanOptions): Promise<Scan> {
  const { maxFileBytes: maxBytes = defaultMaxFileBytes, series, kind, onRemark } = options;
  if (!(await isSeveralFiles(path))) return await decodeScan(await readBytes(path), path, options);
  const volume = await namingLimit(() => readVolume(path, { maxBytes, ...(series !== undefined && { series }) }));
  acceptScan(volume, path, { kind, onRemark });
  return volume;
}
