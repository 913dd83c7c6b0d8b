import { FormatError } from '../format-error.ts';

/** What a BMP file says about its pixels. */
export interface BmpHeader {
  width: number;
  height: number;
  bits: 1 | 4 | 8 | 16 | 24 | 32;
  channels: 1 | 3 | 4;
  isTopDown: boolean;
  /** Whether the indices are run lengths, RLE8 or RLE4. */
  isRunLength: boolean;
  /** Bytes of a row, padded to four. */
  rowBytes: number;
  pixelOffset: number;
  /** Red, green, blue a colour. */
  palette: Uint8Array | undefined;
  /** Bits of red, green, blue and perhaps opacity in a pixel. */
  masks: number[];
}

const headerSizes = [12, 40, 52, 56, 64, 108, 124];
const noCompression = 0;
const bitFields = [3, 6];
/** Compressions RLE8 and RLE4, by the bits of a pixel. */
const runLengths: Record<number, number> = { 8: 1, 4: 2 };

/** Reads the headers of a BMP file and checks sizes against bytes and `maxBytes` (Windows SDK, BITMAPINFOHEADER). */
export function readBmpHeader(bytes: Uint8Array, maxBytes: number, file?: string): BmpHeader {
  const fail = (rule: string, offset: number): never => {
    throw new FormatError(rule, { file, offset });
  };
  if (bytes[0] !== 0x42 || bytes[1] !== 0x4d) fail('a BMP file must start with "BM"', 0);
  if (bytes.length < 26) fail('the BMP file is truncated: it ends inside its header', bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixelOffset = view.getUint32(10, true);
  const headerSize = view.getUint32(14, true);
  if (!headerSizes.includes(headerSize))
    fail(`a BMP header must have ${headerSizes.join(', ')} bytes, got ${headerSize}`, 14);
  if (bytes.length < 14 + headerSize) fail('the BMP file is truncated: it ends inside its header', bytes.length);
  const isOld = headerSize === 12;
  const width = isOld ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isOld ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  if (width < 1 || height < 1) fail(`BMP width and height must not be 0, got ${width}x${signedHeight}`, 18);
  const bits = view.getUint16(isOld ? 24 : 28, true);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) fail(`a BMP pixel must have 1, 4, 8, 16, 24 or 32 bits, got ${bits}`, 28);
  const compression = isOld ? noCompression : view.getUint32(30, true);
  const hasMasks = bitFields.includes(compression) && (bits === 16 || bits === 32);
  const isRunLength = compression !== noCompression && runLengths[bits] === compression;
  if (compression !== noCompression && !hasMasks && !isRunLength)
    fail(`BMP pixels must be plain, RLE8 or RLE4, got compression ${compression} with ${bits} bits`, 30);

  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (width * height * 4 > maxBytes)
    fail(
      `the BMP declares ${width}x${height} pixels, ${width * height * 4} bytes; the limit maxBytes is ${maxBytes}`,
      18,
    );
  if (isRunLength && signedHeight < 0) fail('a BMP file of run lengths must go from below, got a negative height', 22);
  // A pair of bytes holds at most 255 pixels. Files that skip nearly all of theirs are refused with the bombs.
  if (isRunLength && width * height > (bytes.length - pixelOffset) * 128)
    fail(
      `the BMP file is truncated: ${bytes.length - pixelOffset} bytes of run lengths cannot hold ${width}x${height} pixels`,
      10,
    );
  if (
    pixelOffset < 14 + headerSize ||
    (isRunLength && pixelOffset > bytes.length) ||
    (!isRunLength && pixelOffset + rowBytes * (height - 1) + Math.ceil((width * bits) / 8) > bytes.length)
  )
    fail(
      `the BMP file is truncated: ${width}x${height} pixels of ${bits} bits at byte ${pixelOffset} need more than ${bytes.length} bytes`,
      10,
    );

  const size = {
    width,
    height,
    bits: bits as BmpHeader['bits'],
    isRunLength,
    rowBytes,
    pixelOffset,
    isTopDown: signedHeight < 0,
  };
  if (bits > 8) {
    const masks = hasMasks ? readMasks(view, headerSize, compression === 6, pixelOffset, fail) : defaultMasks(bits);
    return { ...size, palette: undefined, masks, channels: masks.length === 4 ? 4 : 3 };
  }
  const palette = readPalette(bytes, view, headerSize, bits, pixelOffset);
  const isGray = palette.every((level, i) => level === palette[i - (i % 3)]);
  return { ...size, palette, masks: [], channels: isGray ? 1 : 3 };
}

function defaultMasks(bits: number): number[] {
  return bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff];
}

/** The masks are in the header, or follow one of 40 bytes; opacity from 56 bytes on. */
function readMasks(
  view: DataView,
  headerSize: number,
  withOpacity: boolean,
  pixelOffset: number,
  fail: (rule: string, offset: number) => never,
): number[] {
  const count = headerSize >= 56 || withOpacity ? 4 : 3;
  if (pixelOffset < 54 + 4 * count) fail('the BMP file is truncated: its channel masks lie in its pixels', 54);
  const masks = Array.from({ length: count }, (_, c) => view.getUint32(54 + 4 * c, true));
  if (masks.slice(0, 3).includes(0)) fail('a BMP channel mask must not be 0', 54);
  return masks[3] === 0 ? masks.slice(0, 3) : masks;
}

/** The colours between header and pixels, blue first, with a fourth byte unless the header is of the old kind. */
function readPalette(
  bytes: Uint8Array,
  view: DataView,
  headerSize: number,
  bits: number,
  pixelOffset: number,
): Uint8Array {
  const step = headerSize === 12 ? 3 : 4;
  const declared = headerSize === 12 ? 0 : view.getUint32(46, true);
  const start = 14 + headerSize;
  const room = Math.floor((pixelOffset - start) / step);
  const count = Math.min(declared === 0 ? 2 ** bits : declared, 2 ** bits, room);
  const palette = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) palette[i * 3 + c] = bytes[start + i * step + 2 - c]!;
  return palette;
}
