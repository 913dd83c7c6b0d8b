import { type OptionNames, requireOptions } from '@medseg/arguments';
import type { Picture } from './picture.ts';

/** Pixels between pictures. */
const GAP = 4;

const contactSheetOptionNames: OptionNames<NonNullable<Parameters<typeof contactSheet>[1]>> = {
  side: true,
  columns: true,
};

/**
 * Pictures side by side, each in the middle of a square, on a dark ground.
 *
 * `side`: pixels of a square, at least the longer side of each picture. Throws RangeError when there is no picture or
 * one does not fit.
 *
 * @example contactSheet(pictures, { side: 160, columns: 6 })
 */
export function contactSheet(
  pictures: readonly Picture[],
  options: { readonly side: number; readonly columns: number },
): Picture {
  requireOptions('contactSheet', options, contactSheetOptionNames);
  const { side, columns } = options;
  if (pictures.length === 0) throw new RangeError('contactSheet: needs at least one picture, got none');
  const large = pictures.find((picture) => Math.max(picture.width, picture.height) > side);
  if (large) {
    throw new RangeError(
      `contactSheet: pictures must fit a square of ${side} pixels, got one of ${large.width}x${large.height}`,
    );
  }
  const across = Math.min(columns, pictures.length);
  const rows = Math.ceil(pictures.length / across);
  const width = across * (side + GAP) + GAP;
  const height = rows * (side + GAP) + GAP;
  const rgb = new Uint8Array(width * height * 3).fill(24);
  for (const [n, picture] of pictures.entries()) {
    const left = GAP + (n % across) * (side + GAP) + Math.floor((side - picture.width) / 2);
    const top = GAP + Math.floor(n / across) * (side + GAP) + Math.floor((side - picture.height) / 2);
    for (let y = 0; y < picture.height; y++)
      rgb.set(picture.rgb.subarray(y * picture.width * 3, (y + 1) * picture.width * 3), ((top + y) * width + left) * 3);
  }
  return { height, width, rgb };
}
