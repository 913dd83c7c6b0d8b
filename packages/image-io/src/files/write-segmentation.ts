import { requireOptions } from '@medseg/arguments';
import {
  type EncodeSegmentationOptions,
  encodeDicomSegmentation,
  encodeSegmentationOptionNames,
} from '../dicom-seg/encode.ts';
import type { Volume } from '../volume.ts';
import { readDicomParts } from './read-dicom-parts.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** Options of {@link writeSegmentation}. */
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
 * @example await writeSegmentation('liver.dcm', labels, { source: 'ct', segments: [{ number: 1, label: 'Liver' }], madeBy: 'model 7' })
 */
export async function writeSegmentation(path: string, volume: Volume, given: WriteSegmentationOptions): Promise<void> {
  requireOptions('writeSegmentation', given, encodeSegmentationOptionNames);
  const { source, ...options } = given;
  const bytes = encodeDicomSegmentation(volume, { ...options, source: await readDicomParts(source) });
  await writeFileAtomic(path, bytes);
}
