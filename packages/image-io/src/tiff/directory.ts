import { requireBytes } from '@medseg/arguments';
import { FormatError } from '../format-error.ts';

/** The tags of a page of a TIFF file that decoding needs (TIFF 6.0, section 8). */
export const tiffTags = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  description: 270,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  xResolution: 282,
  yResolution: 283,
  planarConfiguration: 284,
  resolutionUnit: 296,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

export type TiffTag = keyof typeof tiffTags;

export interface TiffDirectory {
  littleEndian: boolean;
  /** Values of a tag, or undefined when the file does not have it. */
  all(tag: TiffTag): number[] | undefined;
  /** First value of a tag, or `otherwise`. */
  first(tag: TiffTag, otherwise: number): number;
  /** Where the tag's entry stands in the file. */
  offset(tag: TiffTag): number | undefined;
}

/** Where the pages of a TIFF file are. */
interface TiffHeader {
  view: DataView;
  littleEndian: boolean;
  /** Bytes of an offset or count: 4, or 8 in BigTIFF. */
  word: 4 | 8;
  /** Reads an unsigned number of 1, 2, 4 or 8 bytes. */
  read(offset: number, size: number): number;
  fail(rule: string, offset: number): never;
}

/** More pages than this are refused: the largest stacks of microscopes have some thousands. */
const mostPages = 65536;

/** Bytes of BYTE, SHORT, LONG and LONG8, the types that the tags above may have; the description and resolutions apart. */
const typeBytes: Record<number, number> = { 1: 1, 3: 2, 4: 4, 16: 8 };
/** Of a description, ImageJ's spacing stands within the first lines. */
const longestDescription = 4096;
const ascii = 2;
const rational = 5;
const nameOfTag: Map<number, TiffTag> = new Map(Object.entries(tiffTags).map(([name, id]) => [id, name as TiffTag]));

/** Whether bytes start as a TIFF or BigTIFF file does. */
export function isTiff(bytes: Uint8Array): boolean {
  const order = String.fromCharCode(...bytes.subarray(0, 2));
  if (order === 'II') return (bytes[2] === 42 || bytes[2] === 43) && bytes[3] === 0;
  return order === 'MM' && bytes[2] === 0 && (bytes[3] === 42 || bytes[3] === 43);
}

/**
 * Counts the pages of a TIFF or BigTIFF file: those of its chain, not the smaller ones that a page may refer to.
 *
 * Throws FormatError when the chain leads out of the file, back into itself, or over more than 65,536 pages.
 *
 * @example tiffPages(bytes) // 1 for most files
 */
export function tiffPages(bytes: Uint8Array, name?: string): number {
  requireBytes('tiffPages', bytes);
  return pageOffsets(readHeader(bytes, name), mostPages).length;
}

/**
 * Reads the directory of a page, counted from 0. Every count and offset is checked against the bytes before it is
 * followed, and pages after the one asked for are not looked at.
 */
export function readTiffDirectory(bytes: Uint8Array, file?: string, page = 0): TiffDirectory {
  const header = readHeader(bytes, file);
  const offsets = pageOffsets(header, page + 1);
  const start =
    offsets[page] ?? header.fail(`TIFF page ${page} was asked for, the file has ${offsets.length} (counted from 0)`, 0);
  return readEntries(header, start);
}

/** Reads the directories of all pages one after the other. */
export function* readTiffDirectories(bytes: Uint8Array, file?: string): Generator<TiffDirectory> {
  const header = readHeader(bytes, file);
  for (const start of pageOffsets(header, mostPages)) yield readEntries(header, start);
}

function readHeader(bytes: Uint8Array, file: string | undefined): TiffHeader {
  const fail = (rule: string, offset: number): never => {
    throw new FormatError(rule, { file, offset });
  };
  if (!isTiff(bytes)) fail('a TIFF file must start with II*, MM* or their BigTIFF forms', 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = bytes[0] === 0x49;
  const word = view.getUint16(2, littleEndian) === 43 ? 8 : 4;
  if (bytes.length < 2 * word) fail('the TIFF file is truncated: it ends inside its header', bytes.length);
  const read = (offset: number, size: number): number => {
    if (size === 1) return view.getUint8(offset);
    if (size === 2) return view.getUint16(offset, littleEndian);
    if (size === 4) return view.getUint32(offset, littleEndian);
    return Number(view.getBigUint64(offset, littleEndian));
  };
  return { view, littleEndian, word, read, fail };
}

/** Follows the chain of directories for at most `most` pages; a chain of `mostPages` must end there. */
function pageOffsets(header: TiffHeader, most: number): number[] {
  const { word, read, fail, view } = header;
  const offsets: number[] = [];
  const seen = new Set<number>();
  let from: number = word;
  for (let start = read(from, word); start !== 0 || offsets.length === 0; start = read(from, word)) {
    if (seen.has(start)) fail(`TIFF pages must not lead back to one before, page ${offsets.length} does`, from);
    if (offsets.length === mostPages) fail(`a TIFF file must have at most ${mostPages} pages, got more`, from);
    seen.add(start);
    const { end } = directoryAt(header, start, from);
    offsets.push(start);
    if (offsets.length === most && most < mostPages) break;
    // Some writers leave out the word that ends the chain.
    if (end + word > view.byteLength) break;
    from = end;
  }
  return offsets;
}

/** Entries of a directory, the first one's place and the end of the last, inside the file. */
function directoryAt(
  { view, word, read, fail }: TiffHeader,
  start: number,
  from: number,
): { entries: number; first: number; end: number } {
  const bytes = view.byteLength;
  const countBytes = word === 8 ? 8 : 2;
  if (start + countBytes > bytes)
    fail(
      `the TIFF file is truncated or damaged: its directory must lie inside the file of ${bytes} bytes, got offset ${start}`,
      from,
    );
  const entries = read(start, countBytes);
  const first = start + countBytes;
  const end = first + entries * (4 + 2 * word);
  if (end > bytes)
    fail(`the TIFF file is truncated: its directory declares ${entries} entries and ends after byte ${bytes}`, start);
  return { entries, first, end };
}

function readEntries(header: TiffHeader, start: number): TiffDirectory {
  const { view, littleEndian, word, read, fail } = header;
  const { entries, first } = directoryAt(header, start, word);
  const values = new Map<TiffTag, { at: number; values: number[] }>();
  for (let i = 0; i < entries; i++) {
    const at = first + i * (4 + 2 * word);
    const tag = nameOfTag.get(read(at, 2));
    if (tag === undefined) continue;
    const type = read(at + 2, 2);
    const isExtra = tag === 'description' || tag === 'xResolution' || tag === 'yResolution';
    if (tag === 'orientation' && typeBytes[type] === undefined) continue;
    // What decoding can do without is left out where it is not as it should be.
    if (isExtra && type !== (tag === 'description' ? ascii : rational)) continue;
    const size = isExtra
      ? tag === 'description'
        ? 1
        : 8
      : (typeBytes[type] ?? fail(`TIFF tag ${tag} must be a whole number (type 1, 3, 4 or 16), got type ${type}`, at));
    const count = read(at + 4, word);
    const from = count * size <= word ? at + 4 + word : read(at + 4 + word, word);
    if (count < 1 || from + count * size > view.byteLength) {
      if (isExtra) continue;
      fail(
        `TIFF tag ${tag} must have its ${count} values inside the file of ${view.byteLength} bytes, got offset ${from}`,
        at,
      );
    }
    const value =
      type === rational
        ? (k: number) => read(from + k * 8, 4) / read(from + k * 8 + 4, 4)
        : (k: number) => read(from + k * size, size);
    const kept = isExtra ? Math.min(count, tag === 'description' ? longestDescription : 1) : count;
    values.set(tag, { at, values: Array.from({ length: kept }, (_, k) => value(k)) });
  }
  return {
    littleEndian,
    all: (tag) => values.get(tag)?.values,
    first: (tag, otherwise) => values.get(tag)?.values[0] ?? otherwise,
    offset: (tag) => values.get(tag)?.at,
  };
}
