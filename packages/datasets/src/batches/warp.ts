import type { Random } from '@medseg/random';
import type { Sample } from '../case.ts';

export interface WarpOptions {
  /** Turns about the middle by an angle uniform in [-rotate, rotate] degrees. */
  rotate?: number;
  /** Grows or shrinks by a factor whose logarithm is uniform in [-log(1 + scale), log(1 + scale)]. */
  scale?: number;
  /** Bends smoothly: control points, a quarter of the image apart, move by a normal number of so many pixels. */
  elastic?: number;
}

/** Where a row and column of the output are taken from. */
type Field = (y: number, x: number) => readonly [y: number, x: number];

/**
 * Bends a sample, image, mask and weights of pixels alike; edges repeat. The image is interpolated linearly. So is a soft
 * mask, from the pixels that count, as far as each does; one of 0 and 1 takes the nearest pixel, which keeps classes
 * exclusive and regions nested.
 */
export function warp(sample: Sample, random: Random, { rotate = 0, scale = 0, elastic = 0 }: WarpOptions): Sample {
  const { height, width, channels, classes } = sample;
  const angle = ((2 * random.uniform() - 1) * rotate * Math.PI) / 180;
  const factor = Math.exp((2 * random.uniform() - 1) * Math.log(1 + scale));
  const [cos, sin] = [Math.cos(angle) / factor, Math.sin(angle) / factor];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  const bend = elastic > 0 ? splineField(height, width, elastic, random) : undefined;
  const field: Field = (y, x) => {
    const [dy, dx] = [y - middleY, x - middleX];
    const [by, bx] = bend ? bend(y, x) : [0, 0];
    return [middleY + cos * dy + sin * dx + by, middleX + cos * dx - sin * dy + bx];
  };
  const isHard = sample.mask.every((value) => value === 0 || value === 1);
  const image = new Float32Array(sample.image.length);
  const mask = new Float32Array(sample.mask.length);
  const given = sample.pixelWeights;
  const pixelWeights = given && new Float32Array(given.length);
  const soft = given ? sample.mask.map((value, i) => value * given[Math.floor(i / classes)]!) : sample.mask;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [fromY, fromX] = field(y, x);
      const atY = Math.min(height - 1, Math.max(0, fromY));
      const atX = Math.min(width - 1, Math.max(0, fromX));
      interpolate(sample.image, image, i, channels, width, height, atY, atX);
      if (isHard) {
        const nearest = Math.round(atY) * width + Math.round(atX);
        for (let k = 0; k < classes; k++) mask[i * classes + k] = sample.mask[nearest * classes + k]!;
        if (pixelWeights) pixelWeights[i] = given[nearest]!;
      } else {
        interpolate(soft, mask, i, classes, width, height, atY, atX);
        if (!pixelWeights) continue;
        interpolate(given, pixelWeights, i, 1, width, height, atY, atX);
        const weight = pixelWeights[i]!;
        for (let k = i * classes; weight > 0 && k < (i + 1) * classes; k++) mask[k] = Math.min(1, mask[k]! / weight);
      }
    }
  }
  return { ...sample, image, mask, ...(pixelWeights && { pixelWeights }) };
}

function interpolate(
  from: Float32Array,
  to: Float32Array,
  pixel: number,
  channels: number,
  width: number,
  height: number,
  y: number,
  x: number,
): void {
  const top = Math.floor(y);
  const left = Math.floor(x);
  const down = top + 1 < height ? width : 0;
  const right = left + 1 < width ? 1 : 0;
  const [v, u] = [y - top, x - left];
  const at = top * width + left;
  for (let c = 0; c < channels; c++) {
    const a = from[at * channels + c]!;
    const b = from[(at + right) * channels + c]!;
    const d = from[(at + down) * channels + c]!;
    const e = from[(at + down + right) * channels + c]!;
    to[pixel * channels + c] = (a * (1 - u) + b * u) * (1 - v) + (d * (1 - u) + e * u) * v;
  }
}

/** Control points along a side. */
const points = 5;

/** A smooth random shift of each pixel: uniform cubic B-splines over a grid of control points (Rueckert et al. 1999). */
function splineField(height: number, width: number, deviation: number, random: Random): Field {
  const side = points + 2;
  const shifts = random.fillNormal(new Float32Array(side * side * 2));
  const basis = (t: number): [number, number, number, number] => [
    (1 - t) ** 3 / 6,
    (3 * t ** 3 - 6 * t ** 2 + 4) / 6,
    (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6,
    t ** 3 / 6,
  ];
  const cell = (position: number, extent: number): [number, [number, number, number, number]] => {
    const along = extent > 1 ? (position / (extent - 1)) * (points - 1) : 0;
    const first = Math.min(points - 2, Math.floor(along));
    return [first, basis(along - first)];
  };
  const columns = Array.from({ length: width }, (_, x) => cell(x, width));
  const rows = Array.from({ length: height }, (_, y) => cell(y, height));
  return (y, x) => {
    const [row, rowWeights] = rows[y]!;
    const [column, columnWeights] = columns[x]!;
    let dy = 0;
    let dx = 0;
    for (let j = 0; j < 4; j++) {
      for (let i = 0; i < 4; i++) {
        const weight = rowWeights[j]! * columnWeights[i]! * deviation;
        const at = ((row + j) * side + column + i) * 2;
        dy += weight * shifts[at]!;
        dx += weight * shifts[at + 1]!;
      }
    }
    return [dy, dx];
  };
}
