import { requireBytes, requireOptions } from '@medseg/arguments';
import { byteOfBit } from '../bytes/bits.ts';
import { inflateInto, maxDeflateRatio } from '../bytes/inflate.ts';
import { FormatError } from '../format-error.ts';
import { createImage, type DecodeOptions, decodeOptionNames, defaultMaxBytes, type Image } from '../image.ts';
import { exifOrientation, orientationRemark } from '../orientation.ts';
import { type PngChunks, readPngChunks } from './chunks.ts';
import { unfilterLine } from './filter.ts';

const channelsOf: Record<PngChunks['colour'], number> = {
  gray: 1,
  rgb: 3,
  palette: 1,
  'gray-alpha': 2,
  'rgb-alpha': 4,
};

/** Where the pixels of one interlace pass lie (PNG, 8.2); a file that is not interlaced has one pass of step 1. */
const whole = [[0, 0, 1, 1]] as const;
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Decodes a PNG file: 1 to 16 bits, palette, alpha, interlaced.
 *
 * Gray of 1, 2 and 4 bits is scaled to 0..255 (PNG, 13.12); a palette becomes RGB, or RGBA when it has opacities, and
 * keeps its indices beside it.
 * fast-png is not used for reading: it inflates before it knows whether the sizes are true, and misreads interlaced
 * images under 8 bits.
 *
 * Pixels are as stored; `orientation` is that of EXIF, and is remarked upon.
 *
 * Throws FormatError for everything that is wrong with the bytes and for sizes over `maxBytes`.
 *
 * @example const { width, height, data } = decodePng(bytes, 'scan.png')
 */
export function decodePng(bytes: Uint8Array, name?: string, options: DecodeOptions = {}): Image {
  requireBytes('decodePng', bytes);
  requireOptions('decodePng', options, decodeOptionNames);
  const { maxBytes = defaultMaxBytes } = options;
  const png = readPngChunks(bytes, name);
  const channels = channelsOf[png.colour];
  const pixelBits = channels * png.depth;
  const passes = (png.interlaced ? adam7 : whole)
    .map(([x, y, dx, dy]) => {
      const width = Math.ceil((png.width - x) / dx);
      const height = Math.ceil((png.height - y) / dy);
      return { x, y, dx, dy, width, height, lineBytes: Math.ceil((width * pixelBits) / 8) };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);

  const rawBytes = passes.reduce((sum, pass) => sum + pass.height * (pass.lineBytes + 1), 0);
  const outChannels = png.colour === 'palette' ? (png.paletteAlpha ? 4 : 3) : channels;
  const decodedBytes = png.width * png.height * outChannels * (png.depth === 16 ? 2 : 1);
  if (Math.max(rawBytes, decodedBytes) > maxBytes) {
    throw new FormatError(
      `the PNG declares ${png.width}x${png.height} pixels, ${decodedBytes} bytes; the limit maxBytes is ${maxBytes}`,
      { file: name, offset: 16 },
    );
  }
  const compressedBytes = png.compressed.reduce((sum, part) => sum + part.length, 0);
  if (rawBytes > compressedBytes * maxDeflateRatio) {
    throw new FormatError(
      `the PNG declares ${png.width}x${png.height} pixels, more than its ${compressedBytes} compressed bytes can hold`,
      { file: name, offset: 16 },
    );
  }

  const raw = new Uint8Array(rawBytes);
  const inflated = inflate(raw, png.compressed, name);
  if (inflated !== rawBytes) {
    throw new FormatError(
      `the PNG image data must inflate to ${rawBytes} bytes, got ${inflated > rawBytes ? 'more' : inflated}`,
      { file: name },
    );
  }

  const samples = new (png.depth === 16 ? Uint16Array : Uint8Array)(png.width * png.height * channels);
  const scale = png.colour === 'gray' && png.depth < 8 ? 255 / (2 ** png.depth - 1) : 1;
  let offset = 0;
  for (const pass of passes) {
    let previous: Uint8Array | null = null;
    for (let row = 0; row < pass.height; row++) {
      const filter = raw[offset]!;
      const line: Uint8Array = raw.subarray(offset + 1, offset + 1 + pass.lineBytes);
      if (!unfilterLine(filter, line, previous, Math.max(1, pixelBits >> 3))) {
        throw new FormatError(`PNG filter type must be 0 to 4, got ${filter} in row ${row}`, { file: name });
      }
      const start = ((pass.y + row * pass.dy) * png.width + pass.x) * channels;
      unpackLine(line, png.depth, pass.width, channels, samples, start, pass.dx * channels, scale);
      previous = line;
      offset += pass.lineBytes + 1;
    }
  }
  const orientation = png.exif && exifOrientation(png.exif);
  const turned = orientation && { orientation, remarks: [orientationRemark(orientation)] };
  if (png.colour === 'palette') return { ...expandPalette(png, samples as Uint8Array, name), ...turned };
  const alpha = png.colour === 'gray-alpha' || png.colour === 'rgb-alpha';
  return createImage({
    width: png.width,
    height: png.height,
    channels,
    data: samples,
    ...(alpha && { alpha }),
    ...turned,
  });
}

function inflate(raw: Uint8Array, parts: Uint8Array[], file: string | undefined): number {
  try {
    return inflateInto(raw, parts);
  } catch (cause) {
    throw new FormatError('the PNG image data is not a valid zlib stream', { file, cause });
  }
}

/** Writes one line's samples to `out`, `step` apart for each pixel. */
function unpackLine(
  line: Uint8Array,
  depth: number,
  width: number,
  channels: number,
  out: Uint8Array | Uint16Array,
  start: number,
  step: number,
  scale: number,
): void {
  if (depth === 8 && step === channels) {
    out.set(line, start);
    return;
  }
  const mask = 2 ** depth - 1;
  for (let x = 0, from = 0; x < width; x++) {
    for (let c = 0; c < channels; c++, from++) {
      const bit = from * depth;
      const byte = byteOfBit(bit);
      let value: number;
      if (depth === 16) value = (line[byte]! << 8) | line[byte + 1]!;
      else if (depth === 8) value = line[byte]!;
      else value = ((line[byte]! >> (8 - depth - (bit & 7))) & mask) * scale;
      out[start + x * step + c] = value;
    }
  }
}

function expandPalette(png: PngChunks, indices: Uint8Array, file: string | undefined): Image {
  const palette = png.palette!;
  const channels = png.paletteAlpha ? 4 : 3;
  const data = new Uint8Array(indices.length * channels);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index * 3 >= palette.length) {
      throw new FormatError(`PNG palette has ${palette.length / 3} colours, a pixel asks for number ${index}`, {
        file,
      });
    }
    for (let c = 0; c < 3; c++) data[i * channels + c] = palette[index * 3 + c]!;
    if (png.paletteAlpha) data[i * 4 + 3] = png.paletteAlpha[index] ?? 255;
  }
  const { width, height } = png;
  return createImage({ width, height, channels, data, indices, ...(channels === 4 && { alpha: true }) });
}
