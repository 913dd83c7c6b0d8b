import { requireText } from '@medseg/arguments';
import { type DicomDataset, readDicomDataset } from '../dicom/dataset.ts';
import { isDicomImage } from '../dicom/frames.ts';
import { isDicom } from '../dicom/recognise.ts';
import { type DicomSeries, lastHeadTag, seriesOf } from '../dicom/series.ts';
import { FormatError } from '../format-error.ts';
import { defaultMaxBytes } from '../image.ts';
import { filesIn } from './dicom-files.ts';
import { readBytes } from './read-bytes.ts';
import { readHead } from './read-head.ts';

/** Most files have what tells their series within so many bytes. */
const headBytes = 16384;

/**
 * Lists the series whose images lie in a folder, to choose one of them with `readVolume(folder, { series })`. Of each file
 * only the head is read, so that pixels may be broken. Segmentations, reports and files that are not DICOM are left out.
 *
 * Throws FormatError for broken heads, and the file system's own error.
 *
 * @example for (const { uid, modality, description, slices } of await listDicomSeries('patient-1')) { }
 */
export async function listDicomSeries(folder: string): Promise<DicomSeries[]> {
  requireText('listDicomSeries: folder', folder);
  const parts: { dataset: DicomDataset }[] = [];
  for (const path of await filesIn(folder)) {
    const head = await readHead(path, headBytes);
    if (!isDicom(head)) continue;
    const dataset = readBeforePixels(head, path) ?? readBeforePixels(await readBytes(path), path);
    if (dataset && isDicomImage(dataset)) parts.push({ dataset });
  }
  return seriesOf(parts);
}

/** The elements up to the size of an image; undefined where the head is too short for them. */
function readBeforePixels(bytes: Uint8Array, path: string): DicomDataset | undefined {
  try {
    return readDicomDataset(bytes, path, defaultMaxBytes, (tag) => tag > lastHeadTag);
  } catch (error) {
    if (error instanceof FormatError && bytes.length === headBytes) return undefined;
    throw error;
  }
}
