import { crc32 } from '../bytes/crc32.ts';
import { FormatError } from '../format-error.ts';

/** The parts of a PNG file that decoding needs, still compressed. */
export interface PngChunks {
  width: number;
  height: number;
  /** Bits a sample, or a palette index. */
  depth: 1 | 2 | 4 | 8 | 16;
  colour: 'gray' | 'rgb' | 'palette' | 'gray-alpha' | 'rgb-alpha';
  interlaced: boolean;
  /** RGB triples. */
  palette: Uint8Array | undefined;
  /** Opacity of the first palette entries. */
  paletteAlpha: Uint8Array | undefined;
  /** EXIF data. */
  exif: Uint8Array | undefined;
  /** The zlib stream, in pieces. */
  compressed: Uint8Array[];
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

const colours: Record<number, { colour: PngChunks['colour']; depths: number[] }> = {
  0: { colour: 'gray', depths: [1, 2, 4, 8, 16] },
  2: { colour: 'rgb', depths: [8, 16] },
  3: { colour: 'palette', depths: [1, 2, 4, 8] },
  4: { colour: 'gray-alpha', depths: [8, 16] },
  6: { colour: 'rgb-alpha', depths: [8, 16] },
};

/** Whether bytes start as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/** Walks the chunks of a PNG file and checks lengths, order and check sums (PNG, third edition, 5 and 11). */
export function readPngChunks(bytes: Uint8Array, file?: string): PngChunks {
  const fail = (rule: string, offset: number): never => {
    throw new FormatError(rule, { file, offset });
  };
  if (!isPng(bytes)) fail('a PNG file must start with the PNG signature', 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let chunks: PngChunks | undefined;
  let offset = 8;
  for (;;) {
    if (offset + 12 > bytes.length) fail('the PNG file is truncated: it ends before its IEND chunk', bytes.length);
    const length = view.getUint32(offset);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    const start = offset + 8;
    const end = start + length;
    if (end + 4 > bytes.length) {
      fail(
        `the PNG file is truncated: chunk ${name(type)} declares ${length} bytes, ${Math.max(0, bytes.length - start - 4)} are left`,
        offset,
      );
    }
    const sum = crc32(bytes, offset + 4, end);
    if (view.getUint32(end) !== sum) fail(`PNG chunk ${name(type)} is damaged: its CRC does not match`, end);
    if (chunks === undefined) {
      if (type !== 'IHDR' || length !== 13)
        fail(`a PNG file must start with an IHDR chunk of 13 bytes, got ${name(type)} of ${length}`, offset);
      chunks = readHeader(view, start, fail);
    } else if (type === 'PLTE') {
      if (length === 0 || length % 3 !== 0 || length > 768)
        fail(`a PNG palette must have 1 to 256 colours of 3 bytes, got ${length} bytes`, start);
      chunks.palette = bytes.subarray(start, end);
    } else if (type === 'tRNS' && chunks.colour === 'palette') {
      chunks.paletteAlpha = bytes.subarray(start, end);
    } else if (type === 'eXIf') {
      chunks.exif = bytes.subarray(start, end);
    } else if (type === 'IDAT') {
      chunks.compressed.push(bytes.subarray(start, end));
    } else if (type === 'IEND') {
      break;
    } else if (((bytes[offset + 4] ?? 0) & 0x20) === 0) {
      fail(`PNG chunk ${name(type)} is critical and unknown`, offset);
    }
    offset = end + 4;
  }
  if (chunks.compressed.length === 0) fail('a PNG file must have an IDAT chunk', offset);
  if (chunks.colour === 'palette' && chunks.palette === undefined)
    fail('a PNG file with palette indices must have a PLTE chunk', offset);
  return chunks;
}

function readHeader(view: DataView, start: number, fail: (rule: string, offset: number) => never): PngChunks {
  const width = view.getUint32(start);
  const height = view.getUint32(start + 4);
  if (width === 0 || height === 0 || width > 0x7fffffff || height > 0x7fffffff) {
    fail(`PNG width and height must be 1 to 2147483647, got ${width}x${height}`, start);
  }
  const depth = view.getUint8(start + 8);
  const type = view.getUint8(start + 9);
  const known = colours[type] ?? fail(`PNG colour type must be 0, 2, 3, 4 or 6, got ${type}`, start + 9);
  if (!known.depths.includes(depth)) {
    fail(`PNG bit depth of ${known.colour} must be one of ${known.depths.join(', ')}, got ${depth}`, start + 8);
  }
  if (view.getUint8(start + 10) !== 0 || view.getUint8(start + 11) !== 0) {
    fail('PNG compression and filter method must be 0', start + 10);
  }
  const interlace = view.getUint8(start + 12);
  if (interlace > 1) fail(`PNG interlace method must be 0 or 1, got ${interlace}`, start + 12);
  return {
    width,
    height,
    depth: depth as PngChunks['depth'],
    colour: known.colour,
    interlaced: interlace === 1,
    palette: undefined,
    paletteAlpha: undefined,
    exif: undefined,
    compressed: [],
  };
}

/** A chunk's type for a message, whatever bytes it has. */
function name(type: string): string {
  return /^[A-Za-z]{4}$/.test(type)
    ? type
    : `0x${[...type].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')}`;
}
