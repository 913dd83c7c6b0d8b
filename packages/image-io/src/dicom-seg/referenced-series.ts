import { requireBytes } from '@medseg/arguments';
import { readDicomDataset } from '../dicom/dataset.ts';
import { uidOf } from '../dicom/series.ts';

const tags = { referencedSeries: 0x00081115, series: 0x0020000e };

/**
 * The UID of the series that a DICOM SEG was drawn on (PS3.3, C.12.4); undefined where it does not say.
 *
 * Throws FormatError for bytes that are not DICOM.
 *
 * @example const uid = referencedSeries(await readFile('liver.dcm'), 'liver.dcm')
 */
export function referencedSeries(bytes: Uint8Array, name?: string): string | undefined {
  requireBytes('referencedSeries', bytes);
  const [item] = readDicomDataset(bytes, name).items(tags.referencedSeries);
  return item && uidOf(item, tags.series);
}
