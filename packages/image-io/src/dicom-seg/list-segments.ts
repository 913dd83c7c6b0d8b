import { requireBytes } from '@medseg/arguments';
import { readDicomDataset } from '../dicom/dataset.ts';
import { defaultMaxBytes } from '../image.ts';
import { readSegmentFrames, type Segment } from './frames.ts';

/**
 * Lists the numbers and names of the segments of a DICOM SEG without decoding its pixels.
 *
 * Throws FormatError for bytes that are no DICOM SEG, and for what it says wrongly of its segments and frames.
 *
 * @example const labels = listDicomSegments(await readFile('liver.dcm'), 'liver.dcm').map(({ label }) => label)
 */
export function listDicomSegments(bytes: Uint8Array, name?: string): Segment[] {
  requireBytes('listDicomSegments', bytes);
  return readSegmentFrames(readDicomDataset(bytes, name), name, defaultMaxBytes).segments;
}
