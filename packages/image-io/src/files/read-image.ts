import { requireOptions, requireText } from '@medseg/arguments';
import { decodeImage } from '../decode-image.ts';
import type { DecodeOptions, Image } from '../image.ts';
import { decodeOptionNames } from '../image.ts';
import { readBytes } from './read-bytes.ts';

/**
 * Reads and decodes an image file; the format is detected from its content.
 *
 * Throws FormatError naming `path` when the content is broken, and the file system's own error when it cannot be read.
 *
 * @example const image = await readImage('kaggle_3m/TCGA_CS_4941_19960909/TCGA_CS_4941_19960909_12.tif')
 */
export async function readImage(path: string, options: DecodeOptions = {}): Promise<Image> {
  requireText('readImage: path', path);
  requireOptions('readImage', options, decodeOptionNames);
  return await decodeImage(await readBytes(path), path, options);
}
