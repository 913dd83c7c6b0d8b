import { requireObject } from '@medseg/arguments';
import { encode } from 'fast-png';
import { checkImage, type Image } from '../image.ts';

/**
 * Encodes an image of 8 or 16 bits and 1 to 4 channels (gray, gray and alpha, RGB, RGBA) as PNG.
 *
 * Throws RangeError for float samples (scale them first, or write TIFF) and for more than 4 channels.
 *
 * @example encodePng({ width: 2, height: 1, channels: 1, bitDepth: 8, data: Uint8Array.of(0, 255) })
 */
export function encodePng(image: Image): Uint8Array {
  requireObject('encodePng: image', image, ['width', 'height', 'channels', 'bitDepth']);
  checkImage(image);
  const { width, height, channels, bitDepth, data } = image;
  if (data instanceof Float32Array || bitDepth === 32) {
    throw new RangeError('encodePng: PNG holds 8 or 16 bits a sample, got 32; scale the samples or write TIFF');
  }
  if (channels > 4) throw new RangeError(`encodePng: PNG holds 1 to 4 channels, got ${channels}; write TIFF`);
  return encode({ width, height, channels, depth: bitDepth, data }, { zlib: { level: 6 } });
}
