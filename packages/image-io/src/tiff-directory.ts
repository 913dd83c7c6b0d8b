import { FormatError } from './format-error.ts';

/** The tags of the first page of a TIFF file that decoding needs (TIFF 6.0, section 8). */
export const tiffTags = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
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

/** Bytes of BYTE, SHORT, LONG and LONG8, the types that the tags above may have. */
const typeBytes: Record<number, number> = { 1: 1, 3: 2, 4: 4, 16: 8 };
const nameOfTag: Map<number, TiffTag> = new Map(Object.entries(tiffTags).map(([name, id]) => [id, name as TiffTag]));

/** Whether bytes start as a TIFF or BigTIFF file does. */
export function isTiff(bytes: Uint8Array): boolean {
  const order = String.fromCharCode(...bytes.subarray(0, 2));
  if (order === 'II') return (bytes[2] === 42 || bytes[2] === 43) && bytes[3] === 0;
  return order === 'MM' && bytes[2] === 0 && (bytes[3] === 42 || bytes[3] === 43);
}

/** Reads the directory of the first page. Every count and offset is checked against the bytes before it is followed. */
export function readTiffDirectory(bytes: Uint8Array, file?: string): TiffDirectory {
  const fail = (rule: string, offset: number): never => {
    throw new FormatError(rule, { file, offset });
  };
  if (!isTiff(bytes)) fail('a TIFF file must start with II*, MM* or their BigTIFF forms', 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = bytes[0] === 0x49;
  const big = view.getUint16(2, littleEndian) === 43;
  if (bytes.length < (big ? 16 : 8)) fail('the TIFF file is truncated: it ends inside its header', bytes.length);
  const read = (offset: number, size: number): number => {
    if (size === 1) return view.getUint8(offset);
    if (size === 2) return view.getUint16(offset, littleEndian);
    if (size === 4) return view.getUint32(offset, littleEndian);
    return Number(view.getBigUint64(offset, littleEndian));
  };
  const word = big ? 8 : 4;
  const start = read(big ? 8 : 4, word);
  const countBytes = big ? 8 : 2;
  if (start + countBytes > bytes.length)
    fail(
      `the TIFF file is truncated or damaged: its directory must lie inside the file of ${bytes.length} bytes, got offset ${start}`,
      big ? 8 : 4,
    );
  const entries = read(start, countBytes);
  const entryBytes = 4 + 2 * word;
  if (start + countBytes + entries * entryBytes > bytes.length) {
    fail(
      `the TIFF file is truncated: its directory declares ${entries} entries and ends after byte ${bytes.length}`,
      start,
    );
  }

  const values = new Map<TiffTag, { at: number; values: number[] }>();
  for (let i = 0; i < entries; i++) {
    const at = start + countBytes + i * entryBytes;
    const tag = nameOfTag.get(read(at, 2));
    // The resolution is not needed, and is the one tag of ours that is a fraction.
    if (tag === undefined || tag === 'xResolution' || tag === 'yResolution') continue;
    const type = read(at + 2, 2);
    const size =
      typeBytes[type] ?? fail(`TIFF tag ${tag} must be a whole number (type 1, 3, 4 or 16), got type ${type}`, at);
    const count = read(at + 4, word);
    const from = count * size <= word ? at + 4 + word : read(at + 4 + word, word);
    if (count < 1 || from + count * size > bytes.length) {
      fail(
        `TIFF tag ${tag} must have its ${count} values inside the file of ${bytes.length} bytes, got offset ${from}`,
        at,
      );
    }
    values.set(tag, { at, values: Array.from({ length: count }, (_, k) => read(from + k * size, size)) });
  }
  return {
    littleEndian,
    all: (tag) => values.get(tag)?.values,
    first: (tag, otherwise) => values.get(tag)?.values[0] ?? otherwise,
    offset: (tag) => values.get(tag)?.at,
  };
}
