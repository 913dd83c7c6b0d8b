import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDicom, readDicomDataset } from '../dicom/dataset.ts';
import type { DicomPart } from '../dicom/decode.ts';
import { isDicomImage } from '../dicom/frames.ts';
import { type EncodeSegmentationOptions, encodeDicomSegmentation } from '../dicom-seg/encode.ts';
import type { Volume } from '../volume.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

export interface WriteSegmentationOptions extends Omit<EncodeSegmentationOptions, 'source'> {
  /** The folder of the series that was segmented, as `readVolume` reads it, or one file of many frames. */
  source: string;
}

/**
 * Writes segments of a DICOM series as a DICOM SEG. The file appears whole or not at all. The volume is a label volume
 * on the grid of `readVolume(source)`, or has a channel a segment.
 *
 * Throws what `encodeDicomSegmentation` throws, and the file system's own error.
 *
 * @example await writeSegmentation('liver.dcm', labels, { source: 'ct', segments: [{ number: 1, label: 'Liver' }], random })
 */
export async function writeSegmentation(
  path: string,
  volume: Volume,
  { source, ...options }: WriteSegmentationOptions,
): Promise<void> {
  const bytes = encodeDicomSegmentation(volume, { ...options, source: await readParts(source) });
  await writeFileAtomic(path, bytes);
}

async function readParts(source: string): Promise<DicomPart[]> {
  if (!(await stat(source)).isDirectory()) return [{ bytes: await readFile(source), name: source }];
  const parts: DicomPart[] = [];
  for (const entry of await readdir(source, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const name = join(source, entry.name);
    const bytes = await readFile(name);
    if (isDicom(bytes) && isDicomImage(readDicomDataset(bytes, name))) parts.push({ bytes, name });
  }
  return parts;
}
