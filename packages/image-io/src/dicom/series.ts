import { FormatError } from '../format-error.ts';
import type { DicomDataset } from './dataset.ts';

const seriesInstance = 0x0020000e;
const modality = 0x00080060;

/** A UID for error messages: digits and dots; anything else is not repeated. */
export function uidOf(dataset: DicomDataset, tag: number): string | undefined {
  const uid = dataset.text(tag);
  return uid !== undefined && /^[0-9.]{1,64}$/.test(uid) ? uid : undefined;
}

/**
 * The files of one series: all there are, or those of the series that is asked for.
 *
 * Throws FormatError that lists the series, by UID and modality, where there are several and none is asked for, or
 * where the one asked for is not there.
 */
export function chooseSeries<T extends { dataset: DicomDataset; name: string | undefined }>(
  parts: readonly T[],
  wanted: string | undefined,
): T[] {
  const bySeries = new Map<string, T[]>();
  for (const part of parts) {
    const uid = uidOf(part.dataset, seriesInstance) ?? 'unknown';
    bySeries.set(uid, [...(bySeries.get(uid) ?? []), part]);
  }
  const list = [...bySeries].map(([uid, files]) => {
    const kind = /^[A-Z]{2,16}/.exec(files[0]!.dataset.text(modality) ?? '')?.[0] ?? 'no modality';
    return `${uid} (${kind}, ${files.length} ${files.length === 1 ? 'file' : 'files'})`;
  });
  const found = wanted === undefined ? (bySeries.size === 1 ? parts : undefined) : bySeries.get(wanted);
  if (found) return [...found];
  const odd = [...bySeries.values()][wanted === undefined ? 1 : 0]?.[0];
  const rule =
    wanted === undefined
      ? 'DICOM files must be of one series, or the option series must choose one'
      : `the DICOM files must have the series ${wanted}`;
  throw new FormatError(`${rule}, got ${list.join(' and ')}`, { file: odd?.name });
}
