import { stat } from 'node:fs/promises';
import { type OptionNames, requireOptions, requireText } from '@medseg/arguments';
import type { DicomPart } from '../dicom/decode.ts';
import { chooseSeries } from '../dicom/series.ts';
import { readDicomImages } from './dicom-files.ts';
import { readBytes } from './read-bytes.ts';

const readDicomPartsOptionNames: OptionNames<NonNullable<Parameters<typeof readDicomParts>[1]>> = { series: true };

/**
 * Reads the files of a DICOM series: the images of a folder, or one file of many frames. Files in the folder that are no
 * DICOM images are left out, and with `series`, as for `readVolume`, those of other series.
 *
 * Throws FormatError where not one series is as asked for, and the file system's own error.
 *
 * @example const source = await readDicomParts('ct');
 */
export async function readDicomParts(path: string, options: { series?: string } = {}): Promise<DicomPart[]> {
  requireText('readDicomParts: path', path);
  requireOptions('readDicomParts', options, readDicomPartsOptionNames);
  const { series } = options;
  if (!(await stat(path)).isDirectory()) return [{ bytes: await readBytes(path), name: path }];
  const parts = await readDicomImages(path);
  const chosen = series === undefined ? parts : chooseSeries(parts, series);
  return chosen.map(({ bytes, name }) => ({ bytes, name }));
}
