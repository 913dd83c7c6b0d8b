import {
  type OptionNames,
  pickOptions,
  requireBytes,
  requireObject,
  requireOptions,
  requireText,
} from '@medseg/arguments';
import { decodeDicomSegmentation, sniffFormat } from '@medseg/image-io';
import type { Case } from '../case.ts';
import { DataError } from '../data-error.ts';
import { countNotFinite } from '../not-finite.ts';
import { isVolume, type Scan, sizeText } from '../scan.ts';
import { alignSegments } from './align-segments.ts';
import { binaryBits, type MaskValues } from './binary-bits.ts';
import {
  decodeScan,
  defaultMaxFileBytes,
  namingLimit,
  type ReadScanOptions,
  readScanOptionNames,
} from './decode-scan.ts';
import { gridDistance } from './grid-distance.ts';
import { labelledBits } from './labelled-bits.ts';
import type { MaskBits } from './mask-bits.ts';
import { maskPixels } from './mask-pixels.ts';
import { polygonMask } from './polygon-mask.ts';
import type { FoundSegment } from './segment-classes.ts';
import { maxGridDistance } from './stack-channels.ts';
import { turnMask } from './turn-mask.ts';

/** Options of reading a mask. */
export interface ReadMaskOptions extends ReadScanOptions {
  /** Called with the two values of a mask without classes, as they are in its file. */
  onMaskValues?: (file: string, values: MaskValues) => void;
  /** Called with the colour of each index in use, where the indices of a palette are the labels of a mask of classes. */
  onPalette?: (file: string, colours: ReadonlyMap<number, string>) => void;
  /** Called with each segment of a DICOM SEG. Default none. */
  onSegment?: (segment: FoundSegment) => void;
}

export const readMaskOptionNames: OptionNames<ReadMaskOptions> = {
  onMaskValues: true,
  onPalette: true,
  onSegment: true,
  maxFileBytes: true,
  series: true,
  kind: true,
  onRemark: true,
};

/** What a mask file is read for. */
export type MaskOf = Pick<Case, 'id' | 'images' | 'classes' | 'reading'>;

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
  c: MaskOf,
  options: ReadMaskOptions = {},
): Promise<MaskBits> {
  requireBytes('decodeMask', bytes);
  requireOptions('decodeMask', options, readMaskOptionNames);
  if (/\.xml$/i.test(file)) return polygonMask(new TextDecoder().decode(bytes), c, file, scan);
  if (isVolume(scan) && c.classes && mayBeSegmentation(file) && sniffFormat(bytes) === 'DICOM') {
    const { maxFileBytes: maxBytes = defaultMaxFileBytes } = options;
    const segmentation = await namingLimit(() => decodeDicomSegmentation(bytes, file, { maxBytes }));
    return alignSegments(segmentation, scan, c.classes, file, (segment, names) => {
      options.onSegment?.(segment);
      if (segment.isRespelt) {
        const text = `its segment ${segment.label} is taken as ${names.join(' and ')}: the names differ only in capitals, spaces or accents`;
        options.onRemark?.({ file, text });
      }
      if (!segment.isByNumber) return;
      const text = `no class is called as its segment ${segment.label}, which is taken by its number ${segment.number} as ${names.join(' and ')}`;
      options.onRemark?.({ file, text });
    });
  }
  const asMask = pickOptions<ReadScanOptions>({ ...options, kind: 'mask' }, readScanOptionNames);
  return maskOfScan(await decodeScan(bytes, file, asMask), scan, c, file, pickOptions(options, maskOfScanOptionNames));
}

function mayBeSegmentation(file: string): boolean {
  return /\.(dcm|seg|dicom)$/i.test(file) || !/\.[a-z]+$/i.test(file);
}

export const maskOfScanOptionNames: OptionNames<Pick<ReadMaskOptions, 'onRemark' | 'onMaskValues' | 'onPalette'>> = {
  onRemark: true,
  onMaskValues: true,
  onPalette: true,
};

/**
 * Reads a decoded mask as the case's class map says, or without one as two values, of which 0 or else the darker one is
 * background. A palette's indices are its labels; where the colour is constant, the opacity is the mask. Where image and
 * mask are shown differently (EXIF), the mask is put on the image's stored pixels.
 *
 * Throws DataError naming `file` when its grid is not that of the image or its values belong to no class.
 *
 * @example const bits = maskOfScan(await decodeScan(bytes, 'mask.png'), scan, {}, 'mask.png')
 */
export function maskOfScan(
  given: Scan,
  scan: Scan,
  c: Pick<MaskOf, 'classes' | 'reading'>,
  file: string,
  options: Pick<ReadMaskOptions, 'onRemark' | 'onMaskValues' | 'onPalette'> = {},
): MaskBits {
  requireObject('maskOfScan: given', given, ['channels', 'data']);
  requireObject('maskOfScan: scan', scan, ['channels', 'data']);
  requireObject('maskOfScan: c', c, []);
  const { classes, reading } = c;
  requireText('maskOfScan: file', file);
  requireOptions('maskOfScan', options, maskOfScanOptionNames);
  const { onRemark, onMaskValues, onPalette } = options;
  const say = (text: string): void => onRemark?.({ file, text });
  const mask = isVolume(given) || isVolume(scan) ? given : turnMask(given, scan, say);
  if (sizeText(mask) !== sizeText(scan)) {
    const rule = `a mask must have the size of its image, got ${sizeText(mask)} for ${sizeText(scan)}`;
    throw new DataError([{ file, rule }]);
  }
  if (isVolume(scan) && isVolume(mask) && gridDistance(scan, mask) > maxGridDistance(scan)) {
    const rule = `a mask must lie where its image lies, got corners ${gridDistance(scan, mask).toFixed(2)} mm apart`;
    throw new DataError([{ file, rule }]);
  }
  const onValues = (values: MaskValues): void => onMaskValues?.(file, values);
  const pixels = maskPixels(mask, say);
  const { nan, infinite } = countNotFinite(pixels.data, pixels.channels);
  const found = [...(nan > 0 ? [`NaN in ${nan}`] : []), ...(infinite > 0 ? [`infinity in ${infinite}`] : [])];
  if (found.length > 0)
    throw new DataError([{ file, rule: `the values of a mask must be numbers, got ${found.join(' and ')} of them` }]);
  return classes
    ? labelledBits(pixels, classes, file, { say, onPalette: (colours) => onPalette?.(file, colours) })
    : binaryBits(pixels, file, { threshold: reading?.maskThreshold, say, onValues });
}
