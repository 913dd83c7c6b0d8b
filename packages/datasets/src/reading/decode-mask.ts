import { decodeDicomSegmentation, sniffFormat } from '@medseg/image-io';
import type { Case } from '../case.ts';
import type { ClassMap } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import { countNotFinite } from '../not-finite.ts';
import { isVolume, measuredChannels, type Scan, sizeText } from '../scan.ts';
import { pixelCount } from '../slicing/slice-grid.ts';
import { alignSegments } from './align-segments.ts';
import { decodeScan, type ReadScanOptions } from './decode-scan.ts';
import { gridDistance } from './grid-distance.ts';
import { type MaskBits, maskBits } from './mask-bits.ts';
import { polygonMask } from './polygon-mask.ts';
import { maxGridDistance } from './stack-channels.ts';

/**
 * Decodes the bytes of a mask file and puts it on the grid of its image: an image or volume of label values, a DICOM
 * SEG of a case with classes, or the outlines of DDTI (`.xml`).
 *
 * Throws FormatError for broken files, and DataError naming `file` when its grid differs from the image's or its values
 * belong to no class.
 *
 * @example const bits = await decodeMask(bytes, 'mask.png', scan, { id: 'a', images: ['a.png'] })
 */
export async function decodeMask(
  bytes: Uint8Array,
  file: string,
  scan: Scan,
  c: Pick<Case, 'id' | 'images' | 'classes'>,
  options: ReadScanOptions = {},
): Promise<MaskBits> {
  if (/\.xml$/i.test(file)) return polygonMask(new TextDecoder().decode(bytes), c, file, scan);
  if (isVolume(scan) && c.classes && mayBeSegmentation(file) && sniffFormat(bytes) === 'DICOM') {
    const { maxFileBytes: maxBytes } = options;
    const segmentation = await decodeDicomSegmentation(bytes, file, maxBytes === undefined ? {} : { maxBytes });
    return alignSegments(segmentation, scan, c.classes, file);
  }
  return maskOfScan(await decodeScan(bytes, file, options), scan, c.classes, file);
}

function mayBeSegmentation(file: string): boolean {
  return /\.(dcm|seg|dicom)$/i.test(file) || !/\.[a-z]+$/i.test(file);
}

/**
 * Reads a decoded mask as the class map says, or without one as two values of which the brighter is foreground.
 *
 * Throws DataError naming `file` when its grid is not that of the image or its values belong to no class.
 *
 * @example const bits = maskOfScan(await decodeScan(bytes, 'mask.png'), scan, undefined, 'mask.png')
 */
export function maskOfScan(mask: Scan, scan: Scan, classes: ClassMap | undefined, file: string): MaskBits {
  if (sizeText(mask) !== sizeText(scan)) {
    const rule = `a mask must have the size of its image, got ${sizeText(mask)} for ${sizeText(scan)}`;
    throw new DataError([{ file, rule }]);
  }
  if (isVolume(scan) && isVolume(mask) && gridDistance(scan, mask) > maxGridDistance(scan)) {
    const rule = `a mask must lie where its image lies, got corners ${gridDistance(scan, mask).toFixed(2)} mm apart`;
    throw new DataError([{ file, rule }]);
  }
  const channels = measuredChannels(mask);
  const { nan } = countNotFinite(mask.data, channels, mask.channels);
  if (nan > 0) throw new DataError([{ file, rule: `the values of a mask must be numbers, got NaN in ${nan} of them` }]);
  const data = channels === mask.channels ? mask.data : withoutOpacity(mask, channels);
  return maskBits({ data, channels, lossy: !isVolume(mask) && mask.lossy }, classes, file);
}

function withoutOpacity(scan: Scan, channels: number): Float32Array {
  const out = new Float32Array(pixelCount(scan) * channels);
  for (let i = 0; i < out.length / channels; i++)
    for (let c = 0; c < channels; c++) out[i * channels + c] = scan.data[i * scan.channels + c]!;
  return out;
}
