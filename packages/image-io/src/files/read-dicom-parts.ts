import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readDicomDataset } from '../dicom/dataset.ts';
import type { DicomPart } from '../dicom/decode.ts';
import { isDicomImage } from '../dicom/frames.ts';
import { isDicom } from '../dicom/recognise.ts';

/**
 * Reads the files of a DICOM series: the images of a folder, or one file of many frames. Files in the folder that are no
 * DICOM images are left out. Throws the file system's own error.
 *
 * @example const source = await readDicomParts('ct');
 */
export async function readDicomParts(path: string): Promise<DicomPart[]> {
  if (!(await stat(path)).isDirectory()) return [{ bytes: await readFile(path), name: path }];
  const parts: DicomPart[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const name = join(path, entry.name);
    const bytes = await readFile(name);
    if (isDicom(bytes) && isDicomImage(readDicomDataset(bytes, name))) parts.push({ bytes, name });
  }
  return parts;
}
