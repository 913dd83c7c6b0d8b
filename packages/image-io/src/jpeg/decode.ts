import { requireBytes, requireOptions } from '@medseg/arguments';
import { FormatError } from '../format-error.ts';
import { createImage, type DecodeOptions, decodeOptionNames, defaultMaxBytes, type Image } from '../image.ts';
import { orientationRemark } from '../orientation.ts';
import { readJpegHeader } from './header.ts';
import { libjpeg } from './libjpeg.ts';

/**
 * Decodes a JPEG file of 8 bits: baseline, extended or progressive; gray, colour, or CMYK, which becomes RGB.
 *
 * The image is marked `lossy`: its samples are near what was saved, not equal. Pixels are as stored; `orientation` is
 * that of EXIF, and is remarked upon. libjpeg-turbo does the decoding after the
 * declared sizes are known to be true, and gives what Pillow gives; jpeg-js reads CMYK, which that build does not.
 *
 * Throws FormatError for everything that is wrong with the bytes, for what is not supported (lossless, arithmetic
 * coding, 12 bits) and for sizes over `maxBytes`.
 *
 * @example const { width, height, channels } = await decodeJpeg(bytes, 'ISIC_0013085.jpg')
 */
export async function decodeJpeg(bytes: Uint8Array, name?: string, options: DecodeOptions = {}): Promise<Image> {
  requireBytes('decodeJpeg', bytes);
  requireOptions('decodeJpeg', options, decodeOptionNames);
  const { maxBytes = defaultMaxBytes } = options;
  const { width, height, channels, isProgressive, blocks, orientation } = readJpegHeader(bytes, name);
  const size = `the JPEG declares ${width}x${height} pixels`;
  // A progressive file's coefficients, two bytes each, are all in memory before the first sample is known.
  const decodedBytes = width * height * channels + (isProgressive ? blocks * 128 : 0);
  if (decodedBytes > maxBytes)
    throw new FormatError(`${size}, ${decodedBytes} bytes; the limit maxBytes is ${maxBytes}`, { file: name });
  // Even a block without content takes one bit for its mean.
  if (blocks > bytes.length * 8)
    throw new FormatError(`${size}, more than its ${bytes.length} bytes can hold`, { file: name });
  const turned = orientation && { orientation, remarks: [orientationRemark(orientation)] };
  if (channels === 4)
    return createImage({ width, height, channels: 3, data: await decodeCmyk(bytes, name), lossy: true, ...turned });
  const { frame, data } = await libjpeg(bytes, name);
  if (frame.width !== width || frame.height !== height || data.length !== width * height * channels)
    throw new FormatError(`${size}, its data holds ${frame.width}x${frame.height}`, { file: name });
  return createImage({ width, height, channels, data, lossy: true, ...turned });
}

async function decodeCmyk(bytes: Uint8Array, file: string | undefined): Promise<Uint8Array> {
  const { decode } = await import('jpeg-js');
  try {
    // Both limits are checked by now; the library's would refuse what ours lets pass.
    const limits = { maxResolutionInMP: 65536, maxMemoryUsageInMB: 65536 };
    return decode(bytes, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false, ...limits }).data;
  } catch (cause) {
    throw new FormatError(`the JPEG image data is broken: ${(cause as Error).message}`, { file, cause });
  }
}
