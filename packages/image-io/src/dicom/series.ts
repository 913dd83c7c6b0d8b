import { requireList, requireText } from '@medseg/arguments';
import { FormatError } from '../format-error.ts';
import type { DicomDataset } from './dataset.ts';

const tags = { modality: 0x00080060, description: 0x0008103e, series: 0x0020000e, frames: 0x00280008 };

/** A series among DICOM files. */
export interface DicomSeries {
  /** SeriesInstanceUID; `unknown` where the files have none. */
  uid: string;
  /** Such as CT; empty where the files do not say. */
  modality: string;
  /** As the scanner or a technician called it; empty where the files do not say. */
  description: string;
  /** Images in its files, all frames counted. */
  slices: number;
}

/** A UID for error messages: digits and dots; anything else is not repeated. */
export function uidOf(dataset: DicomDataset, tag: number): string | undefined {
  const uid = dataset.text(tag);
  return uid !== undefined && /^[0-9.]{1,64}$/.test(uid) ? uid : undefined;
}

/** The last tag that `seriesOf` and `isDicomImage` need before the pixels: the rows of an image. */
export const lastHeadTag = 0x00280010;

/** Files by the series that they are of, in the order in which the series first come. */
function bySeries<T extends { dataset: DicomDataset }>(parts: readonly T[]): { series: DicomSeries; files: T[] }[] {
  const found = new Map<string, { series: DicomSeries; files: T[] }>();
  for (const part of parts) {
    const { dataset } = part;
    const uid = uidOf(dataset, tags.series) ?? 'unknown';
    const entry = found.get(uid) ?? { series: { uid, modality: '', description: '', slices: 0 }, files: [] };
    const { series } = entry;
    series.modality ||= /^[A-Z]{2,16}/.exec(dataset.text(tags.modality) ?? '')?.[0] ?? '';
    series.description ||= printable(dataset.words(tags.description) ?? '');
    series.slices += Math.max(1, dataset.numbers(tags.frames)?.[0] || 1);
    entry.files.push(part);
    found.set(uid, entry);
  }
  return [...found.values()];
}

/** Text of a file that may be shown: one line of at most 64 characters. */
function printable(text: string): string {
  return text
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, 64);
}

/** The series that DICOM files are of. */
export function seriesOf(parts: readonly { dataset: DicomDataset }[]): DicomSeries[] {
  return bySeries(parts).map(({ series }) => series);
}

/**
 * The series that a text names: by its UID, else by its whole description, else by modality or a part of the description,
 * in upper or lower case.
 *
 * @example matchSeries([{ uid: '1.2', modality: 'CT', description: 'Thorax 1.0 B70f', slices: 90 }], 'thorax').length // 1
 */
export function matchSeries<T extends DicomSeries>(list: readonly T[], wanted: string): T[] {
  requireList('matchSeries: list', list);
  requireText('matchSeries: wanted', wanted);
  const text = wanted.trim().toLowerCase();
  const ways: ((series: T) => boolean)[] = [
    ({ uid }) => uid === text,
    ({ description }) => description.toLowerCase() === text,
    ({ modality, description }) => modality.toLowerCase() === text || description.toLowerCase().includes(text),
  ];
  const way = text === '' ? undefined : ways.find((each) => list.some(each));
  return way ? list.filter(way) : [];
}

/**
 * Series for an error message: `1.2.3 (CT, "Thorax 1.0 B70f", 90 slices)`.
 *
 * @example describeSeries([{ uid: '1.2', modality: 'MR', description: '', slices: 1 }]) // '1.2 (MR, 1 slice)'
 */
export function describeSeries(list: readonly DicomSeries[]): string {
  requireList('describeSeries: list', list);
  const texts = list.map(({ uid, modality, description, slices }) => {
    const about = [modality || 'no modality', ...(description === '' ? [] : [`"${description}"`])].join(', ');
    return `${uid} (${about}, ${slices} ${slices === 1 ? 'slice' : 'slices'})`;
  });
  return texts.length > 1 ? `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}` : texts.join();
}

/**
 * The files of one series: all there are, or those of the series that is asked for as in `matchSeries`.
 *
 * Throws FormatError that lists the series where there are several and none is asked for, and where none or several are as
 * asked for.
 */
export function chooseSeries<T extends { dataset: DicomDataset; name: string | undefined }>(
  parts: readonly T[],
  wanted: string | undefined,
): T[] {
  const found = bySeries(parts);
  const all = found.map(({ series }) => series);
  const matching = wanted === undefined ? all : matchSeries(all, wanted);
  const [chosen, second] = matching;
  if (chosen && !second) return found.find(({ series }) => series === chosen)!.files;
  const odd = found.find(({ series }) => series === (second ?? all[0]))?.files[0]?.name;
  const rule =
    wanted === undefined
      ? 'DICOM files must be of one series, or the option series must choose one'
      : second
        ? `the option series must choose one series, but ${JSON.stringify(wanted)} fits several`
        : `the DICOM files must have the series ${JSON.stringify(wanted)}`;
  throw new FormatError(`${rule}, got ${describeSeries(second ? matching : all)}`, { file: odd });
}
