import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pickOptions, requireOptions, requireText } from '@medseg/arguments';
import { isGzip } from '../bytes/byte-source.ts';
import { decodeVolume, sniffVolume } from '../decode-volume.ts';
import { type DecodeSeriesOptions, decodeSeries, decodeSeriesOptionNames } from '../dicom/decode.ts';
import { chooseSeries } from '../dicom/series.ts';
import { FormatError } from '../format-error.ts';
import { type DecodeOptions, decodeOptionNames, defaultMaxBytes } from '../image.ts';
import { readMetaHeader } from '../metaimage/header.ts';
import { isNifti, readNiftiHeader } from '../nifti/header.ts';
import { readNrrdHeader } from '../nrrd/header.ts';
import type { Volume } from '../volume.ts';
import { readDicomImages } from './dicom-files.ts';
import { readBytes } from './read-bytes.ts';

/**
 * Reads and decodes a volume; the format is detected from its content. Of two files that belong together either header or,
 * for NIfTI, voxels may be named: `.hdr` and `.img`, `.mhd` or `.nhdr` and the file beside it that they name.
 * A folder is a DICOM series: all DICOM images in it; other files, and segmentations and reports among them, are left
 * alone, but for files that are empty or called `.dcm` and no DICOM, which are refused: they may be slices. Of several series `options.series` chooses one, by UID, description or modality; `listDicomSeries` lists them.
 *
 * Throws FormatError naming `path` when the content is broken or names a file outside of its folder, and the file
 * system's own error when a file cannot be read.
 *
 * @example const volume = await readVolume('Task04_Hippocampus/imagesTr/hippocampus_001.nii.gz')
 */
export async function readVolume(path: string, options: DecodeSeriesOptions = {}): Promise<Volume> {
  requireText('readVolume: path', path);
  requireOptions('readVolume', options, decodeSeriesOptionNames);
  if ((await stat(path)).isDirectory()) return await readSeries(path, options);
  const headerPath = path.replace(/\.img(\.gz)?$/i, '.hdr$1');
  const bytes = await readBytes(headerPath);
  const voxelPath = voxelFile(bytes, headerPath);
  const voxels = voxelPath === undefined ? undefined : await readBytes(voxelPath);
  return await decodeVolume(bytes, path, {
    ...pickOptions<DecodeOptions>(options, decodeOptionNames),
    ...(voxels && { voxels }),
  });
}

async function readSeries(
  folder: string,
  { maxBytes = defaultMaxBytes, series }: DecodeSeriesOptions,
): Promise<Volume> {
  const parts = await readDicomImages(folder, maxBytes);
  if (parts.length === 0)
    throw new FormatError('a folder must hold the DICOM files of a series, got none', { file: folder });
  return await decodeSeries(chooseSeries(parts, series), maxBytes);
}

/** Where the voxels are when they are not in the file itself. */
function voxelFile(bytes: Uint8Array, path: string): string | undefined {
  const format = sniffVolume(bytes, path);
  if (format === 'NIfTI') {
    const isPair =
      /\.hdr(\.gz)?$/i.test(path) && (isGzip(bytes) || (isNifti(bytes) && readNiftiHeader(bytes, path).isPair));
    return isPair ? path.replace(/\.hdr(\.gz)?$/i, '.img$1') : undefined;
  }
  if (format === 'NRRD') return besides(readNrrdHeader(bytes, path).fields.get('data file'), path);
  if (format === 'MetaImage') {
    const name = readMetaHeader(bytes, path).fields.get('elementdatafile');
    return name === 'LOCAL' ? undefined : besides(name, path);
  }
  return undefined;
}

/** A plain file name in the header's own folder; a header must not be a way to other files of the machine. */
function besides(name: string | undefined, path: string): string | undefined {
  if (name === undefined) return undefined;
  if (name === 'LIST' || name.includes('%'))
    throw new FormatError(`the voxels must be in one file, got "${name}"`, { file: path });
  if (!/^[^/\\:\0]+$/.test(name) || name === '.' || name === '..')
    throw new FormatError(`the voxels must be in a file beside the header, got "${name}"`, { file: path });
  return join(dirname(path), name);
}
