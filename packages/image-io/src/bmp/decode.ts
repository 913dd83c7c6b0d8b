import { requireBytes, requireOptions } from '@medseg/arguments';
import { byteOfBit } from '../bytes/bits.ts';
import { createImage, type DecodeOptions, decodeOptionNames, defaultMaxBytes, type Image } from '../image.ts';
import { type BmpHeader, readBmpHeader } from './header.ts';
import { readBmpRuns } from './runs.ts';

/**
 * Decodes a BMP file: 1, 4 and 8 bits with a palette, run lengths (RLE8, RLE4) among them, 16, 24 and 32 bits with any channel masks, bottom-up or top-down.
 *
 * A palette of grays becomes one channel, any other RGB with its indices beside it; an opacity mask makes a fourth channel. Written here because
 * fast-bmp believes the declared sizes, and knows neither palettes, 4 and 16 bits, other headers nor top-down rows.
 *
 * Throws FormatError for everything that is wrong with the bytes, for embedded JPEG or PNG, and for
 * sizes over `maxBytes`.
 *
 * @example const { width, height, data } = decodeBmp(bytes, 'd1_001.bmp')
 */
export function decodeBmp(bytes: Uint8Array, name?: string, options: DecodeOptions = {}): Image {
  requireBytes('decodeBmp', bytes);
  requireOptions('decodeBmp', options, decodeOptionNames);
  const { maxBytes = defaultMaxBytes } = options;
  const header = readBmpHeader(bytes, maxBytes, name);
  const { width, height, channels } = header;
  const data = new Uint8Array(width * height * channels);
  if (header.isRunLength && header.palette) {
    const indices = readBmpRuns(bytes.subarray(header.pixelOffset), header, name);
    // From below, one byte a pixel: what is left is a file of 8 bits.
    const plain = { ...header, bits: 8, rowBytes: width, pixelOffset: 0 } as const;
    return paint(indices, plain, data);
  }
  return paint(bytes, header, data);
}

function paint(bytes: Uint8Array, header: BmpHeader, data: Uint8Array): Image {
  const { width, height, channels } = header;
  const indices = header.palette && channels === 3 ? new Uint8Array(width * height) : undefined;
  const readPixel = header.palette ? paletteReader(bytes, header, header.palette, indices) : maskReader(bytes, header);
  for (let y = 0; y < height; y++) {
    const line = header.pixelOffset + (header.isTopDown ? y : height - 1 - y) * header.rowBytes;
    for (let x = 0; x < width; x++) readPixel(line, x, data, (y * width + x) * channels);
  }
  return createImage({
    width,
    height,
    channels,
    data,
    ...(indices && { indices }),
    ...(channels === 4 && { alpha: true }),
  });
}

type PixelReader = (line: number, x: number, out: Uint8Array, to: number) => void;

function paletteReader(
  bytes: Uint8Array,
  { bits, channels }: BmpHeader,
  palette: Uint8Array,
  indices: Uint8Array | undefined,
): PixelReader {
  const mask = 2 ** bits - 1;
  return (line, x, out, to) => {
    const bit = x * bits;
    const index = (bytes[line + byteOfBit(bit)]! >> (8 - bits - (bit & 7))) & mask;
    // An index without a colour is black, as other readers draw it.
    for (let c = 0; c < channels; c++) out[to + c] = palette[index * 3 + c] ?? 0;
    if (indices) indices[to / channels] = index;
  };
}

function maskReader(bytes: Uint8Array, { bits, channels, masks }: BmpHeader): PixelReader {
  if (bits === 24 || (bits === 32 && [0xff0000, 0xff00, 0xff, 0xff000000].every((m, c) => (masks[c] ?? m) === m))) {
    const step = bits / 8;
    const order = [2, 1, 0, 3];
    return (line, x, out, to) => {
      for (let c = 0; c < channels; c++) out[to + c] = bytes[line + x * step + order[c]!]!;
    };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    const most = mask >>> shift;
    return { mask, shift, scale: most === 0 ? 0 : 255 / most };
  });
  return (line, x, out, to) => {
    const pixel = bits === 16 ? view.getUint16(line + 2 * x, true) : view.getUint32(line + 4 * x, true);
    for (let c = 0; c < channels; c++) {
      const { mask, shift, scale } = fields[c]!;
      out[to + c] = Math.round(((pixel & mask) >>> shift) * scale);
    }
  };
}
