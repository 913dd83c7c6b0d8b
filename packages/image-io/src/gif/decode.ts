import { requireBytes, requireOptions } from '@medseg/arguments';
import { FormatError } from '../format-error.ts';
import { createImage, type DecodeOptions, decodeOptionNames, defaultMaxBytes, type Image } from '../image.ts';
import { type GifFrame, readGifFrame } from './blocks.ts';
import { inflateLzw, maxLzwRatio } from './lzw.ts';

/** First row and step of the passes of an interlaced file. */
const interlaced = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

/**
 * Decodes a GIF file of one frame, as some data sets keep their masks.
 *
 * Grays become one channel, colours RGB with their palette indices beside it; a transparent colour in use adds opacity.
 * Written here because omggif and its like believe the declared sizes.
 *
 * Throws FormatError for everything that is wrong with the bytes, for animations, for a frame that does not cover the
 * image, and for sizes over `maxBytes`.
 *
 * @example const { width, height, data } = decodeGif(bytes, '21_manual1.gif')
 */
export function decodeGif(bytes: Uint8Array, name?: string, options: DecodeOptions = {}): Image {
  requireBytes('decodeGif', bytes);
  requireOptions('decodeGif', options, decodeOptionNames);
  const { maxBytes = defaultMaxBytes } = options;
  const frame = readGifFrame(bytes, name);
  const { width, height } = frame;
  const fail = (rule: string): never => {
    throw new FormatError(rule, { file: name });
  };
  // Indices and, at worst, red, green, blue and opacity.
  const decodedBytes = width * height * 5;
  if (decodedBytes > maxBytes)
    fail(`the GIF declares ${width}x${height} pixels, ${decodedBytes} bytes; the limit maxBytes is ${maxBytes}`);
  if (width * height > frame.compressed.length * maxLzwRatio)
    fail(`the GIF declares ${width}x${height} pixels, more than its ${frame.compressed.length} bytes can hold`);
  const stored = new Uint8Array(width * height);
  const written = inflateLzw(frame.compressed, frame.codeBits, stored);
  if (written === undefined) return fail('the GIF image data is not valid LZW data');
  if (written < stored.length)
    fail(`the GIF image data must hold ${stored.length} pixels, got ${written}: the file is truncated`);
  return paint(frame.isInterlaced ? deinterlace(stored, frame) : stored, frame, name);
}

function deinterlace(stored: Uint8Array, { width, height }: GifFrame): Uint8Array {
  const out = new Uint8Array(stored.length);
  let from = 0;
  for (const [first, step] of interlaced)
    for (let y = first; y < height; y += step, from += width) out.set(stored.subarray(from, from + width), y * width);
  return out;
}

function paint(
  indices: Uint8Array,
  { width, height, palette, transparent }: GifFrame,
  file: string | undefined,
): Image {
  const used = new Uint8Array(256);
  for (const index of indices) used[index] = 1;
  const last = used.lastIndexOf(1);
  if (last * 3 >= palette.length)
    throw new FormatError(`the GIF palette has ${palette.length / 3} colours, a pixel asks for number ${last}`, {
      file,
    });
  const alpha = transparent !== undefined && used[transparent] === 1;
  const isGray = [...used.keys()].every(
    (k) => used[k] === 0 || (palette[k * 3] === palette[k * 3 + 1] && palette[k * 3] === palette[k * 3 + 2]),
  );
  const colours = isGray ? 1 : 3;
  const channels = colours + (alpha ? 1 : 0);
  const data = new Uint8Array(indices.length * channels);
  for (let i = 0; i < indices.length; i++) {
    for (let c = 0; c < colours; c++) data[i * channels + c] = palette[indices[i]! * 3 + c]!;
    if (alpha) data[i * channels + colours] = indices[i] === transparent ? 0 : 255;
  }
  return createImage({ width, height, channels, data, ...(!isGray && { indices }), ...(alpha && { alpha }) });
}
