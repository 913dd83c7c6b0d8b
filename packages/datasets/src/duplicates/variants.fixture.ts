import { createImage, type Image } from '@medseg/image-io';
import { drawPhantomSlice } from '../phantom/phantom.ts';

/** A slice of a phantom patient. */
export const phantom = (patient: number, { size = 64, slice = 1 }: { size?: number; slice?: number } = {}): Image =>
  drawPhantomSlice({ seed: 3, patient, slice, slices: 4, size }).image;

/** An image whose pixel at (y, x) is the one that `from` names, its border repeated, and whose values `change`. */
function changed(
  { width, height, channels, data }: Image,
  from: (y: number, x: number) => [number, number],
  change: (value: number, i: number) => number = (value) => value,
): Image {
  const inside = (at: number, side: number): number => Math.min(side - 1, Math.max(0, at));
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [row, column] = from(y, x);
      for (let c = 0; c < channels; c++) {
        const i = (y * width + x) * channels + c;
        out[i] = inside(
          Math.round(change(data[(inside(row, height) * width + inside(column, width)) * channels + c]!, i)),
          256,
        );
      }
    }
  return createImage({ width, height, channels, data: out });
}

/** Noise of the same values each time, from -1 to 1. */
const noise = (i: number): number => ((Math.imul(i + 1, 2654435761) >>> 8) % 2001) / 1000 - 1;

/** What people do to an image that stays the same image. */
export const variants: Record<string, (image: Image) => Image> = {
  'a copy': (image) => changed(image, (y, x) => [y, x]),
  'a brighter copy': (image) =>
    changed(
      image,
      (y, x) => [y, x],
      (value) => 1.15 * value + 12,
    ),
  'a darker copy': (image) =>
    changed(
      image,
      (y, x) => [y, x],
      (value) => 0.6 * value,
    ),
  'a copy moved by a pixel': (image) => changed(image, (y, x) => [y - 1, x]),
  'a copy moved by three pixels': (image) => changed(image, (y, x) => [y + 3, x - 2]),
  'a mirror image': (image) => changed(image, (y, x) => [y, image.width - 1 - x]),
  'a copy upside down': (image) => changed(image, (y, x) => [image.height - 1 - y, x]),
  'a copy turned by 90 degrees': (image) => changed(image, (y, x) => [x, image.height - 1 - y]),
  'a copy turned by 270 degrees': (image) => changed(image, (y, x) => [image.width - 1 - x, y]),
  'a transposed copy': (image) => changed(image, (y, x) => [x, y]),
  'a noisy copy': (image) =>
    changed(
      image,
      (y, x) => [y, x],
      (value, i) => value + 8 * noise(i),
    ),
  'a copy as JPEG writes it': (image) => quantised(image, 24),
  'a mirror image, moved, darker and as JPEG writes it': (image) =>
    quantised(
      changed(
        image,
        (y, x) => [y + 1, image.width + 1 - x],
        (value) => 0.8 * value,
      ),
      16,
    ),
};

const cosines = Array.from({ length: 8 }, (_, k) =>
  Array.from({ length: 8 }, (__, n) => (k === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos((Math.PI * (2 * n + 1) * k) / 16)),
);

const transposed = cosines.map((_, n) => cosines.map((row) => row[n]!));

/** Blocks of 8 x 8 pixels whose cosine transform is rounded to multiples of `step` and more for fine waves, as in JPEG. */
function quantised(image: Image, step: number): Image {
  const { width, height, channels, data } = image;
  const out = new Uint8Array(data.length);
  for (let c = 0; c < channels; c++)
    for (let top = 0; top < height; top += 8)
      for (let left = 0; left < width; left += 8) {
        const at = (y: number, x: number): number => ((top + y) * width + left + x) * channels + c;
        const block = cosines.map((_, y) => cosines.map((__, x) => data[at(y, x)]!));
        const waves = product(product(cosines, block), transposed);
        const rounded = waves.map((row, u) =>
          row.map((value, v) => {
            const size = step * (1 + (u + v) / 4);
            return Math.round(value / size) * size;
          }),
        );
        for (const [y, row] of product(product(transposed, rounded), cosines).entries())
          for (const [x, value] of row.entries()) out[at(y, x)] = Math.min(255, Math.max(0, Math.round(value)));
      }
  return createImage({ width, height, channels, data: out });
}

function product(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
}
