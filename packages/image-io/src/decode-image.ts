import { requireBytes, requireOptions } from '@medseg/arguments';
import { decodeBmp } from './bmp/decode.ts';
import { FormatError } from './format-error.ts';
import { decodeGif } from './gif/decode.ts';
import type { DecodeOptions, Image } from './image.ts';
import { decodeOptionNames } from './image.ts';
import { decodeJpeg } from './jpeg/decode.ts';
import { decodePng } from './png/decode.ts';
import { type ImageFormat, sniffFormat } from './sniff.ts';
import { refuseStandIn } from './stand-in.ts';
import { decodeTiff } from './tiff/decode.ts';

type Decoder = (bytes: Uint8Array, name?: string, options?: DecodeOptions) => Image | Promise<Image>;

const decoders: Partial<Record<ImageFormat, Decoder>> = {
  PNG: decodePng,
  TIFF: decodeTiff,
  JPEG: decodeJpeg,
  BMP: decodeBmp,
  GIF: decodeGif,
};

/**
 * Decodes an image by what its bytes are, whatever its name says. Reads PNG, TIFF, JPEG, BMP and GIF.
 *
 * Throws FormatError, with the name given, when the bytes are none of these, broken, or larger than `maxBytes`
 * (256 MiB decoded, by default).
 *
 * @example const image = await decodeImage(new Uint8Array(await file.arrayBuffer()), file.name)
 */
export async function decodeImage(bytes: Uint8Array, name?: string, options: DecodeOptions = {}): Promise<Image> {
  requireBytes('decodeImage', bytes);
  requireOptions('decodeImage', options, decodeOptionNames);
  if (bytes.length === 0) throw new FormatError('the file is empty', { file: name, offset: 0 });
  const format = sniffFormat(bytes);
  const decoder = format && decoders[format];
  if (!decoder) {
    refuseStandIn(bytes, name);
    const found = format ? `a ${format} file` : 'none of these';
    throw new FormatError(`an image must be PNG, TIFF, JPEG, BMP or GIF, the content is ${found}`, {
      file: name,
      offset: 0,
    });
  }
  return await decoder(bytes, name, options);
}
