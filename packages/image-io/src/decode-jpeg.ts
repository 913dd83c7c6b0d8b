import { decode } from 'jpeg-js';
import { FormatError } from './format-error.ts';
import { createImage, type DecodeOptions, defaultMaxBytes, type Image } from './image.ts';
import { readJpegHeader } from './jpeg-header.ts';

/**
 * Decodes a JPEG file of 8 bits: baseline, extended or progressive, gray or colour.
 *
 * The image is marked `lossy`: its samples are near what was saved, not equal. Orientation in EXIF is not applied.
 * jpeg-js does the decoding after the declared sizes are known to be true; it repeats chroma where libjpeg
 * interpolates, so that colours at sharp edges differ from libjpeg's.
 *
 * Throws FormatError for everything that is wrong with the bytes, for what is not supported (lossless, arithmetic
 * coding, 12 bits, CMYK) and for sizes over `maxBytes`.
 *
 * @example const { width, height, channels, data } = decodeJpeg(bytes, 'ISIC_0013085.jpg')
 */
export function decodeJpeg(
  bytes: Uint8Array,
  name?: string,
  { maxBytes = defaultMaxBytes }: DecodeOptions = {},
): Image {
  const { width, height, channels, blocks, isYCbCr } = readJpegHeader(bytes, name);
  const size = `the JPEG declares ${width}x${height} pixels`;
  const decodedBytes = width * height * channels;
  if (decodedBytes > maxBytes)
    throw new FormatError(`${size}, ${decodedBytes} bytes; the limit maxBytes is ${maxBytes}`, { file: name });
  // Even a block without content takes one bit for its mean.
  if (blocks > bytes.length * 8)
    throw new FormatError(`${size}, more than its ${bytes.length} bytes can hold`, { file: name });
  let rgb: { data: Uint8Array; width: number; height: number };
  try {
    rgb = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      colorTransform: isYCbCr,
      // Both limits are checked above; the library's would refuse what ours lets pass.
      maxResolutionInMP: 65536,
      maxMemoryUsageInMB: 65536,
    });
  } catch (cause) {
    throw new FormatError(`the JPEG image data is broken: ${(cause as Error).message}`, { file: name, cause });
  }
  if (channels === 3) return createImage({ width, height, channels, data: rgb.data, lossy: true });
  const gray = new Uint8Array(width * height);
  for (let i = 0; i < gray.length; i++) gray[i] = rgb.data[3 * i]!;
  return createImage({ width, height, channels, data: gray, lossy: true });
}
