import { readFile } from 'node:fs/promises';
import { decodeDicomSegmentation, FormatError, type Segmentation, sniffFormat } from '@medseg/image-io';
import type { Case, MaskFile } from '../case.ts';
import { classCount } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import { isVolume, measuredChannels, type Scan, sizeText } from '../scan.ts';
import { pixelCount } from '../slicing/slice-grid.ts';
import { alignSegments } from './align-segments.ts';
import type { AnnotatedBits } from './fuse-annotators.ts';
import { gridDistance } from './grid-distance.ts';
import { type MaskBits, maskBits } from './mask-bits.ts';
import { polygonMask } from './polygon-mask.ts';
import { type ReadScanOptions, readScan } from './read-scan.ts';
import { maxGridDistance } from './stack-channels.ts';

/** A case as its files have it. */
export interface ReadCase {
  scan: Scan;
  /** One mask an annotator, on the grid of the scan. */
  masks: AnnotatedBits[];
}

/**
 * Reads the image and the masks of a case at their own size.
 *
 * Throws FormatError for broken files, and DataError when a mask's grid differs from the image's or its values are of
 * no class.
 *
 * @example const { scan, masks } = await readCase(listing.cases[0])
 */
export async function readCase(c: Case, options: ReadScanOptions = {}): Promise<ReadCase> {
  const scan = await readScan(c.images, options);
  const masks: AnnotatedBits[] = [];
  for (const mask of c.masks) masks.push({ annotator: mask.annotator, bits: await readMask(c, mask, scan, options) });
  return { scan, masks };
}

async function readMask(c: Case, mask: MaskFile, scan: Scan, options: ReadScanOptions): Promise<MaskBits> {
  const { path } = mask;
  if (/\.xml$/i.test(path)) return polygonMask(await readFile(path, 'utf8'), c, path, scan);
  const segments = isVolume(scan) && c.classes ? await readSegments(path, options) : undefined;
  if (segments) return alignSegments(segments, scan as Extract<Scan, { size: unknown }>, c.classes!, path);
  const read = await readScan(path, options);
  if (sizeText(read) !== sizeText(scan)) {
    const rule = `a mask must have the size of its image, got ${sizeText(read)} for ${sizeText(scan)}`;
    throw new DataError([{ file: path, rule }]);
  }
  if (isVolume(scan) && isVolume(read) && gridDistance(scan, read) > maxGridDistance(scan)) {
    const rule = `a mask must lie where its image lies, got corners ${gridDistance(scan, read).toFixed(2)} mm apart`;
    throw new DataError([{ file: path, rule }]);
  }
  const channels = measuredChannels(read);
  const data = channels === read.channels ? read.data : withoutOpacity(read, channels);
  return maskBits({ data, channels, lossy: !isVolume(read) && read.lossy }, c.classes, path);
}

/** The segments of a DICOM SEG; undefined for other files. */
async function readSegments(path: string, { maxFileBytes }: ReadScanOptions): Promise<Segmentation | undefined> {
  if (!/\.(dcm|seg|dicom)$/i.test(path) && /\.[a-z]+$/i.test(path)) return undefined;
  const bytes = await readFile(path);
  if (sniffFormat(bytes) !== 'DICOM') return undefined;
  return await decodeDicomSegmentation(bytes, path, maxFileBytes === undefined ? {} : { maxBytes: maxFileBytes });
}

function withoutOpacity(scan: Scan, channels: number): Float32Array {
  const out = new Float32Array(pixelCount(scan) * channels);
  for (let i = 0; i < out.length / channels; i++)
    for (let c = 0; c < channels; c++) out[i * channels + c] = scan.data[i * scan.channels + c]!;
  return out;
}

/** What an error says about the data; throws it again when it is about something else. */
export function problemsOf(error: unknown): { file: string; rule: string }[] {
  if (error instanceof DataError) return error.problems;
  if (error instanceof FormatError) {
    const where = error.offset === undefined ? '' : ` (byte ${error.offset})`;
    return [{ file: error.file ?? '', rule: `${error.rule}${where}` }];
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path) return [{ file: path, rule: 'the file must exist' }];
  throw error;
}

/** The number of channels of a case's mask, and whether at most one of them has a pixel. */
export function channelsOfMask(c: Pick<Case, 'classes'>): { count: number; exclusive: boolean } {
  return { count: classCount(c.classes), exclusive: c.classes?.exclusive ?? true };
}
