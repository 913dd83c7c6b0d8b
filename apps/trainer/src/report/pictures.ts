import { isVolume, type Scan } from '@medseg/datasets';
import { createImage, encodePng } from '@medseg/image-io';
import { interpolateInferno } from 'd3-scale-chromatic';
import type { Slice } from './scan-slice.ts';

/** Height and width of a map of values, row by row. */
interface Size {
  readonly height: number;
  readonly width: number;
}

export type Rgb = readonly [number, number, number];

export const TRUTH_COLOUR: Rgb = [60, 200, 255];
export const PREDICTION_COLOUR: Rgb = [255, 214, 10];

/** A slice as 8-bit RGB, its range stretched to black and white; all but three colours are shown by their first channel as grey. */
export function toRgb({ data, width, height }: Slice, scan: Scan): Uint8Array {
  const { channels } = scan;
  const measured = channels - (!isVolume(scan) && scan.alpha && channels > 1 ? 1 : 0);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  data.forEach((value, i) => {
    if (i % channels >= measured) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  });
  const scale = high > low ? 255 / (high - low) : 0;
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const value = data[i * channels + (measured === 3 ? c : 0)]!;
      rgb[i * 3 + c] = Math.round((value - low) * scale);
    }
  }
  return rgb;
}

/** A copy of an RGB picture with a mask tinted and its rim drawn solid. */
export function drawMask(rgb: Uint8Array, mask: Uint8Array, { height, width }: Size, colour: Rgb): Uint8Array {
  const drawn = rgb.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (mask[at] === 0) continue;
      const inside = x > 0 && x < width - 1 && y > 0 && y < height - 1;
      const rim = !inside || !mask[at - 1] || !mask[at + 1] || !mask[at - width] || !mask[at + width];
      const opacity = rim ? 1 : 0.3;
      for (let c = 0; c < 3; c++) {
        drawn[at * 3 + c] = Math.round((1 - opacity) * drawn[at * 3 + c]! + opacity * colour[c]!);
      }
    }
  }
  return drawn;
}

/** Values from 0 to 1 in the inferno colour scale, black to yellow. */
export function drawHeat(values: ArrayLike<number>): Uint8Array {
  const rgb = new Uint8Array(values.length * 3);
  for (let i = 0; i < values.length; i++) {
    const text = interpolateInferno(Math.min(1, Math.max(0, values[i]!))); // '#rrggbb'
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = Number.parseInt(text.slice(1 + 2 * c, 3 + 2 * c), 16);
  }
  return rgb;
}

/** Values from 0 to 1 as grey. */
export function drawGrey(values: ArrayLike<number>): Uint8Array {
  const rgb = new Uint8Array(values.length * 3);
  for (let i = 0; i < values.length; i++)
    rgb.fill(Math.round(255 * Math.min(1, Math.max(0, values[i]!))), i * 3, i * 3 + 3);
  return rgb;
}

/** An RGB picture as a PNG in a data URI, for a page that stands alone. */
export function toDataUri(rgb: Uint8Array, { height, width }: Size): string {
  const png = encodePng(createImage({ width, height, channels: 3, data: rgb }));
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
