import { requireObject } from '@medseg/arguments';
import { createImage, type Image, type Orientation } from './image.ts';

/** Whether a number is an orientation other than 1, which is as stored. */
export function isTurned(value: number | undefined): value is Orientation {
  return value !== undefined && Number.isInteger(value) && value >= 2 && value <= 8;
}

/** What is said of a file that asks to be shown otherwise than it is stored. */
export function orientationRemark(orientation: Orientation): string {
  return `its orientation is ${orientation}: it is shown turned or mirrored, and read as its pixels are stored`;
}

/**
 * The orientation in EXIF data, which are a TIFF directory; undefined where there is none, where it is 1, and for
 * data that are broken, since the pixels do not depend on them.
 */
export function exifOrientation(exif: Uint8Array): Orientation | undefined {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  if (exif.length < 8) return undefined;
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const littleEndian = order === 0x4949;
  const start = view.getUint32(4, littleEndian);
  if (view.getUint16(2, littleEndian) !== 42 || start + 2 > exif.length) return undefined;
  const entries = view.getUint16(start, littleEndian);
  for (let i = 0; i < entries; i++) {
    const at = start + 2 + i * 12;
    if (at + 12 > exif.length) return undefined;
    // Tag 274, one SHORT.
    if (view.getUint16(at, littleEndian) !== 274 || view.getUint16(at + 2, littleEndian) !== 3) continue;
    const value = view.getUint16(at + 8, littleEndian);
    return isTurned(value) ? value : undefined;
  }
  return undefined;
}

/** Where a pixel of the result is in the image: [column, row] for a column and row of the result. */
const sources: Record<Orientation, (x: number, y: number, width: number, height: number) => [number, number]> = {
  2: (x, y, width) => [width - 1 - x, y],
  3: (x, y, width, height) => [width - 1 - x, height - 1 - y],
  4: (x, y, _, height) => [x, height - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _, height) => [y, height - 1 - x],
  7: (x, y, width, height) => [width - 1 - y, height - 1 - x],
  8: (x, y, width) => [width - 1 - y, x],
};

/**
 * Turns or mirrors an image as an orientation of EXIF and TIFF says (tag 274): 6 is a quarter turn clockwise, 8 one back,
 * 3 a half turn, 2 and 4 mirror columns and rows, 5 and 7 mirror along a diagonal; 1 changes nothing. Palette indices
 * are turned too.
 *
 * Returns an image without `orientation`. Throws RangeError for other numbers.
 *
 * @example orientImage(image, image.orientation ?? 1) // as it is shown
 */
export function orientImage(image: Image, orientation: number): Image {
  requireObject('orientImage: image', image, ['width', 'height', 'channels', 'bitDepth']);
  const { orientation: _, bitDepth: __, ...plain } = image;
  if (orientation === 1) return createImage(plain);
  if (!isTurned(orientation)) throw new RangeError(`orientImage: orientation must be 1 to 8, got ${orientation}`);
  const { width, height, channels, data, indices } = image;
  const [outWidth, outHeight] = swapsSides(orientation) ? [height, width] : [width, height];
  const source = sources[orientation];
  const out = data.slice();
  const outIndices = indices?.slice();
  for (let y = 0, to = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++, to++) {
      const [column, row] = source(x, y, width, height);
      const from = row * width + column;
      for (let c = 0; c < channels; c++) out[to * channels + c] = data[from * channels + c]!;
      if (outIndices) outIndices[to] = indices![from]!;
    }
  }
  return createImage({
    ...plain,
    width: outWidth,
    height: outHeight,
    data: out,
    ...(outIndices && { indices: outIndices }),
  });
}

/** Whether width and height change places. */
export function swapsSides(orientation: number): boolean {
  return orientation >= 5;
}

/**
 * The orientation that undoes another: 8 for 6, 6 for 8, each of the others undoes itself.
 *
 * @example inverseOrientation(6) // 8
 */
export function inverseOrientation(orientation: number): number {
  return orientation === 6 ? 8 : orientation === 8 ? 6 : orientation;
}
