import { requireList, requireObject } from '@medseg/arguments';
import { interpolateInferno } from 'd3-scale-chromatic';
import type { Rgb } from '../palette.ts';
import type { Picture } from './picture.ts';

/** Height and width of what is drawn, row by row. */
export interface Size {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/** A slice of a scan. */
export interface Slice extends Size {
  /** Values a pixel. */
  readonly channels: number;
  /** [height, width, channels]. */
  readonly data: ArrayLike<number>;
  /** Whether the last of several channels is opacity, which is not shown. Default false. */
  readonly alpha?: boolean | undefined;
}

/**
 * A slice as a picture, its range over all channels stretched to black and white. Three channels are colours; of any
 * other number the first is shown as grey.
 *
 * @example drawSlice({ height: 64, width: 64, channels: 1, data })
 */
export function drawSlice(slice: Slice): Picture {
  requireObject('drawSlice: slice', slice, ['channels', 'data', 'height', 'width']);
  const { height, width, channels, data, alpha = false } = slice;
  const measured = channels - (alpha && channels > 1 ? 1 : 0);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    if (i % channels >= measured) continue;
    if (data[i]! < low) low = data[i]!; // NaN, outside of the field of view, is neither
    if (data[i]! > high) high = data[i]!;
  }
  const scale = high > low ? 255 / (high - low) : 0;
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const value = data[i * channels + (measured === 3 ? c : 0)]!;
      rgb[i * 3 + c] = Math.round((value - low) * scale);
    }
  }
  return { height, width, rgb };
}

/**
 * A slice as a picture, each channel from its own lowest to its highest value, or from black to white of `range`. Three
 * channels are colours; of four, as in BraTS, the last is shown as grey, of any other number the first.
 *
 * @example drawChannels({ height: 64, width: 64, channels: 4, data }, [-1, 1])
 */
export function drawChannels(slice: Slice, range?: readonly [black: number, white: number]): Picture {
  requireObject('drawChannels: slice', slice, ['channels', 'data', 'height', 'width']);
  const { height, width, channels, data } = slice;
  const shown = channels === 3 ? [0, 1, 2] : [channels === 4 ? 3 : 0];
  const ranges = shown.map((c) => range ?? rangeOf(data, channels, c));
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const s = shown.length === 3 ? c : 0;
      const [low, high] = ranges[s]!;
      const level = (data[i * channels + shown[s]!]! - low) / Math.max(high - low, 1e-12);
      rgb[i * 3 + c] = Math.round(255 * Math.min(1, Math.max(0, level)));
    }
  }
  return { height, width, rgb };
}

/**
 * A copy of a picture with a mask tinted and its rim solid.
 *
 * @example drawMask(drawSlice(slice), mask, TRUTH_COLOUR)
 */
export function drawMask(picture: Picture, mask: ArrayLike<number>, colour: Rgb): Picture {
  requireObject('drawMask: picture', picture, ['height', 'width', 'rgb']);
  const { height, width, rgb } = picture;
  requireList('drawMask: mask', mask);
  requireList('drawMask: colour', colour);
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
  return { height, width, rgb: drawn };
}

/**
 * Values from 0 to 1 in the colour scale inferno, black to yellow.
 *
 * @example drawHeat(uncertainty, { height: 64, width: 64 })
 */
export function drawHeat(values: ArrayLike<number>, size: Size): Picture {
  requireList('drawHeat: values', values);
  requireObject('drawHeat: size', size, ['height', 'width']);
  const { height, width } = size;
  const rgb = new Uint8Array(values.length * 3);
  for (let i = 0; i < values.length; i++) {
    const text = interpolateInferno(clamped(values[i]!)); // '#rrggbb'
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = Number.parseInt(text.slice(1 + 2 * c, 3 + 2 * c), 16);
  }
  return { height, width, rgb };
}

/**
 * Values from 0 to 1 as grey.
 *
 * @example drawGrey(probability, { height: 64, width: 64 })
 */
export function drawGrey(values: ArrayLike<number>, size: Size): Picture {
  requireList('drawGrey: values', values);
  requireObject('drawGrey: size', size, ['height', 'width']);
  const { height, width } = size;
  const rgb = new Uint8Array(values.length * 3);
  for (let i = 0; i < values.length; i++) rgb.fill(Math.round(255 * clamped(values[i]!)), i * 3, i * 3 + 3);
  return { height, width, rgb };
}

function rangeOf(values: ArrayLike<number>, channels: number, channel: number): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = channel; i < values.length; i += channels) {
    if (values[i]! < low) low = values[i]!;
    if (values[i]! > high) high = values[i]!;
  }
  return [low, high];
}

function clamped(value: number): number {
  return Math.min(1, Math.max(0, value));
}
