import { requireBytes } from '@medseg/arguments';
import { isDicom } from './dicom/recognise.ts';
import { isMetaImage } from './metaimage/header.ts';
import { isNifti } from './nifti/header.ts';
import { isNrrd } from './nrrd/header.ts';
import { isPng } from './png/chunks.ts';
import { isTiff } from './tiff/directory.ts';

/** Formats that are told apart by their first bytes; not all of them can be decoded. */
export type ImageFormat =
  | 'PNG'
  | 'TIFF'
  | 'JPEG'
  | 'BMP'
  | 'GIF'
  | 'DICOM'
  | 'NIfTI'
  | 'NRRD'
  | 'MetaImage'
  | 'gzip'
  | 'text';

/**
 * Tells what a file is by its content, or returns undefined.
 *
 * @example sniffFormat(Uint8Array.of(0x49, 0x49, 42, 0)) // 'TIFF'
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  requireBytes('sniffFormat', bytes);
  const startsWith = (text: string): boolean => [...text].every((c, i) => bytes[i] === c.charCodeAt(0));
  // First, since the 128 bytes before it are free and may make a TIFF file of it as well.
  if (isDicom(bytes)) return 'DICOM';
  if (isPng(bytes)) return 'PNG';
  if (isTiff(bytes)) return 'TIFF';
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'JPEG';
  if (startsWith('GIF8')) return 'GIF';
  if (startsWith('BM')) return 'BMP';
  if (isNifti(bytes)) return 'NIfTI';
  if (isNrrd(bytes)) return 'NRRD';
  if (isMetaImage(bytes)) return 'MetaImage';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (bytes.length > 0 && bytes.subarray(0, 512).every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13)))
    return 'text';
  return undefined;
}
