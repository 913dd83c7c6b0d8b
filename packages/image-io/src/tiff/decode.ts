import { type OptionNames, requireBytes, requireOptions } from '@medseg/arguments';
import { byteOfBit } from '../bytes/bits.ts';
import { FormatError } from '../format-error.ts';
import { createImage, type DecodeOptions, defaultMaxBytes, type Image, type ImageData } from '../image.ts';
import { isTurned, orientationRemark } from '../orientation.ts';
import { readTiffDirectory, type TiffDirectory, tiffPages } from './directory.ts';
import { readTiffLayout, type TiffLayout, type TiffSegment } from './layout.ts';
import { undoDifferences, undoFloatPredictor } from './predictor.ts';

/** Limits, and the page to decode. */
export interface DecodeTiffOptions extends DecodeOptions {
  /** Page of a file that has several, counted from 0; the first unless given. `tiffPages` tells how many there are. */
  page?: number;
}

const decodeTiffOptionNames: OptionNames<DecodeTiffOptions> = { page: true, maxBytes: true };

/**
 * Decodes one page of a TIFF or BigTIFF file: strips or tiles, channels together or apart, no compression, LZW,
 * deflate or PackBits; gray, RGB or palette.
 *
 * Unsigned samples of 8, 12 and 16 bits stay what they are, 1, 2 and 4 bits are scaled to 0..255; all others become
 * float32. White-is-zero is inverted, a palette becomes RGB and keeps its indices beside it. `decodeVolume` makes a volume of all pages.
 * Pixels are as stored; `orientation` says how the page is to be shown, and is remarked upon.
 * geotiff is not used: it decompresses without a limit and brings an HTTP client and workers.
 *
 * Throws FormatError for everything that is wrong with the bytes, for what is not supported, for a page that is not
 * there and for sizes over `maxBytes`, and RangeError when `page` is no whole number from 0 on.
 *
 * @example const { width, height, channels, data } = decodeTiff(bytes, 'TCGA_CS_4941_19960909_12.tif')
 */
export function decodeTiff(bytes: Uint8Array, name?: string, options: DecodeTiffOptions = {}): Image {
  requireBytes('decodeTiff', bytes);
  requireOptions('decodeTiff', options, decodeTiffOptionNames);
  const { maxBytes = defaultMaxBytes, page = 0 } = options;
  if (!Number.isSafeInteger(page) || page < 0)
    throw new RangeError(`decodeTiff: page must be a whole number from 0 on, got ${page}`);
  const image = decodeTiffPage(bytes, readTiffDirectory(bytes, name, page), maxBytes, name);
  if (page > 0 || !hasSeveralPages(bytes)) return image;
  return { ...image, remarks: [...(image.remarks ?? []), 'it has several pages, of which only the first is read'] };
}

/** Whether a file leads on to a second page, be it broken. */
function hasSeveralPages(bytes: Uint8Array): boolean {
  try {
    return tiffPages(bytes) > 1;
  } catch {
    return true; // the first page was read: what fails is the way to others
  }
}

/** Decodes the page of a directory. */
export function decodeTiffPage(
  bytes: Uint8Array,
  directory: TiffDirectory,
  maxBytes: number,
  name: string | undefined,
): Image {
  const layout = readTiffLayout(directory, bytes.length, maxBytes, name);
  const { width, height, channels, bits, format } = layout;
  const count = width * height * channels;
  const data: ImageData =
    format !== 'unsigned' || bits > 16
      ? new Float32Array(count)
      : bits > 8
        ? new Uint16Array(count)
        : new Uint8Array(count);

  const scratch = new Uint8Array(layout.segments.reduce((most, segment) => Math.max(most, segment.bytes), 0));
  for (const [index, segment] of layout.segments.entries()) {
    const pixels = scratch.subarray(0, segment.bytes);
    decompress(bytes, layout, segment, index, pixels, name);
    for (let row = 0; row < segment.height && segment.y + row < height; row++) {
      const line = pixels.subarray(row * segment.rowBytes, (row + 1) * segment.rowBytes);
      const stride = layout.planar ? 1 : channels;
      if (layout.predictor === 2) undoDifferences(line, bits / 8, stride, directory.littleEndian);
      if (layout.predictor === 3) undoFloatPredictor(line, bits / 8, stride, directory.littleEndian);
      copyLine(line, layout, segment, row, directory.littleEndian, data);
    }
  }
  const orientation = directory.first('orientation', 1);
  const turned = isTurned(orientation) && { orientation, remarks: [orientationRemark(orientation)] };
  if (layout.photometric === 'palette')
    return { ...expandPalette(layout, data as Uint8Array, directory.all('colorMap'), name), ...turned };
  if (layout.photometric === 'white-is-zero' && !(data instanceof Float32Array)) {
    const white = bits > 8 ? 2 ** bits - 1 : 255;
    for (let i = 0; i < data.length; i++) data[i] = white - data[i]!;
  }
  return createImage({ width, height, channels, data, ...(layout.alpha && { alpha: true }), ...turned });
}

function decompress(
  bytes: Uint8Array,
  { compression }: TiffLayout,
  segment: TiffSegment,
  index: number,
  pixels: Uint8Array,
  file: string | undefined,
): void {
  const input = bytes.subarray(segment.offset, segment.offset + segment.byteCount);
  let written: number;
  try {
    written = compression.decompress(input, pixels);
  } catch (cause) {
    throw new FormatError(`TIFF strip or tile ${index} is not valid ${compression.name} data`, {
      file,
      offset: segment.offset,
      cause,
    });
  }
  if (written < segment.bytes) {
    throw new FormatError(
      `TIFF strip or tile ${index} must hold ${segment.bytes} bytes of pixels, its ${compression.name} data holds ${written}`,
      {
        file,
        offset: segment.offset,
      },
    );
  }
}

/** Copies one row of a segment, as far as it lies in the image, into the image's samples. */
function copyLine(
  line: Uint8Array,
  { width, channels, bits, format, planar, photometric }: TiffLayout,
  segment: TiffSegment,
  row: number,
  littleEndian: boolean,
  out: ImageData,
): void {
  const samples = Math.min(segment.width, width - segment.x) * (planar ? 1 : channels);
  const start = ((segment.y + row) * width + segment.x) * channels + segment.plane;
  const step = planar ? channels : 1;
  if (bits === 8 && format === 'unsigned' && step === 1) {
    out.set(line.subarray(0, samples), start);
    return;
  }
  const read = sampleReader(line, bits, format, littleEndian);
  const scale = bits < 8 && photometric !== 'palette' ? 255 / (2 ** bits - 1) : 1;
  for (let i = 0; i < samples; i++) out[start + i * step] = read(i) * scale;
}

function sampleReader(
  line: Uint8Array,
  bits: TiffLayout['bits'],
  format: TiffLayout['format'],
  littleEndian: boolean,
): (index: number) => number {
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
  if (format === 'float') {
    if (bits === 16) return (i) => halfFloat(view.getUint16(i * 2, littleEndian));
    return bits === 32 ? (i) => view.getFloat32(i * 4, littleEndian) : (i) => view.getFloat64(i * 8, littleEndian);
  }
  const signed = format === 'signed';
  if (bits === 32)
    return signed ? (i) => view.getInt32(i * 4, littleEndian) : (i) => view.getUint32(i * 4, littleEndian);
  if (bits === 16)
    return signed ? (i) => view.getInt16(i * 2, littleEndian) : (i) => view.getUint16(i * 2, littleEndian);
  if (bits === 8) return signed ? (i) => view.getInt8(i) : (i) => view.getUint8(i);
  // Two samples of 12 bits share three bytes, highest bits first whatever the byte order (TIFF 6.0, section 8).
  if (bits === 12) return (i) => (view.getUint16(byteOfBit(i * 12)) >> (i % 2 === 0 ? 4 : 0)) & 0xfff;
  const mask = 2 ** bits - 1;
  return (i) => (line[byteOfBit(i * bits)]! >> (8 - bits - ((i * bits) & 7))) & mask;
}

/** A number of IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function halfFloat(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const exponent = (word >> 10) & 31;
  const fraction = (word & 0x3ff) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction));
}

/** A TIFF palette has all reds, then all greens, then all blues, with 16 bits each (TIFF 6.0, section 5). */
function expandPalette(
  layout: TiffLayout,
  indices: Uint8Array,
  colorMap: number[] | undefined,
  file: string | undefined,
): Image {
  const colours = 2 ** layout.bits;
  if (colorMap === undefined || colorMap.length < 3 * colours) {
    throw new FormatError(
      `a TIFF palette of ${layout.bits} bits needs ${3 * colours} values, got ${colorMap?.length ?? 0}`,
      { file },
    );
  }
  const data = new Uint8Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++) {
    for (let c = 0; c < 3; c++) data[i * 3 + c] = colorMap[c * colours + indices[i]!]! >> 8;
  }
  return createImage({ width: layout.width, height: layout.height, channels: 3, data, indices });
}
