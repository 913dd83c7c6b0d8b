import { extname } from 'node:path';
import { requireObject, requireText } from '@medseg/arguments';
import type { Image } from '../image.ts';
import { encodePng } from '../png/encode.ts';
import { encodeTiff } from '../tiff/encode.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

const encoders: Record<string, (image: Image) => Uint8Array> = {
  '.png': encodePng,
  '.tif': encodeTiff,
  '.tiff': encodeTiff,
};

/**
 * Writes an image as its name ends: `.png`, `.tif` or `.tiff`. The file appears whole or not at all.
 *
 * Throws RangeError for another ending or for samples that the format cannot hold, and the file system's own error.
 *
 * @example await writeImage('out/mask.png', image)
 */
export async function writeImage(path: string, image: Image): Promise<void> {
  requireText('writeImage: path', path);
  requireObject('writeImage: image', image, ['width', 'height', 'channels', 'bitDepth']);
  const encode = encoders[extname(path).toLowerCase()];
  if (!encode)
    throw new RangeError(`writeImage: the name must end in ${Object.keys(encoders).join(', ')}, got ${path}`);
  await writeFileAtomic(path, encode(image));
}
