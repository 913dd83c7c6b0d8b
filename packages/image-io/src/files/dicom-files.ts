import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type DicomDataset, readDicomDataset } from '../dicom/dataset.ts';
import { isDicomImage } from '../dicom/frames.ts';
import { isDicom } from '../dicom/recognise.ts';
import { FormatError } from '../format-error.ts';
import { readBytes } from './read-bytes.ts';

/** Endings of DICOM files. */
const ending = /\.(dcm|dicom|ima)$/i;

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
    const found = await stat(link);
    return found.isFile() || (!found.isDirectory() && ending.test(link)); // what may be a slice is refused when it is read
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    throw new FormatError('a link must lead to a file, it leads nowhere', { file: link });
  }
}

/** An image of a DICOM series, with the bytes of its file. */
export interface DicomImageFile {
  name: string;
  bytes: Uint8Array;
  dataset: DicomDataset;
}

/**
 * Reads the DICOM images in a folder, of whatever series. Segmentations, reports and files that are not DICOM are left
 * out.
 *
 * Throws FormatError for a broken file, and for one that is not DICOM though it was meant to be: it may be a slice.
 */
export async function readDicomImages(folder: string, maxBytes?: number): Promise<DicomImageFile[]> {
  const images: DicomImageFile[] = [];
  for (const name of await filesIn(folder)) {
    const bytes = await readBytes(name);
    if (!isDicom(bytes)) {
      requireNoBrokenSlice(bytes, name);
      continue;
    }
    const dataset = readDicomDataset(bytes, name, maxBytes);
    if (isDicomImage(dataset)) images.push({ name, bytes, dataset });
  }
  return images;
}

/**
 * Throws FormatError for a file in the folder of a series that is no DICOM though it was meant to be: it is empty, or
 * has the ending of DICOM. It may be a slice, and without it the volume would be shorter.
 */
function requireNoBrokenSlice(bytes: Uint8Array, path: string): void {
  if (bytes.length === 0 && !basename(path).startsWith('.'))
    throw new FormatError('a file of a DICOM series must hold DICOM, it is empty', { file: path });
  if (ending.test(path)) throw new FormatError('a file of a DICOM series must hold DICOM, it does not', { file: path });
}
