import type { Details } from './details.ts';
import { SIDE } from './thumbnail.ts';

/** How alike two pictures are where they fit best, flipped, turned and moved. */
export interface Likeness {
  /** Pearson's correlation of the thumbnails, -1 to 1. */
  gray: number;
  /** Of their details. */
  band: number;
}

/** Pictures whose details correlate by less than this where they fit best by whole pixels are not looked at further. */
const HOPELESS = 0.7;

/** So many flips and turns are looked at by pixels, and by parts of them: a head and its mirror image are much alike. */
const KEPT = { pixels: 4, parts: 2 };

/** A flip or turn and a shift of the second picture, and how the details correlate there. */
interface Fit {
  band: number;
  turn: number;
  dy: number;
  dx: number;
}

/**
 * The likeness of two thumbnails at the flip, turn and shift where their details fit best: all at half the size first,
 * then the neighbours of the best ones by pixels, and by halves and quarters of them.
 */
export function likenessOf(a: Details, b: Details): Likeness {
  const turnedBands = Array.from({ length: 8 }, (_, turn) => turnedBy(b.band, turn));
  const around = ({ turn, dy: y, dx: x }: Fit, step: number, correlate: (dy: number, dx: number) => number): Fit => {
    let best: Fit = { band: -1, turn, dy: y, dx: x };
    for (const dy of [y - step, y, y + step])
      for (const dx of [x - step, x, x + step]) {
        const band = correlate(dy, dx);
        if (band > best.band) best = { band, turn, dy, dx };
      }
    return best;
  };
  const refined = (fit: Fit, step: number): Fit =>
    around(fit, step, (dy, dx) => shiftedCorrelation(a.band, turnedBands[fit.turn]!, dy, dx));
  const best = (fits: readonly Fit[], count: number): Fit[] =>
    [...fits].sort((p, q) => q.band - p.band).slice(0, count);

  const halfA = halved(a.band);
  const coarse = turnedBands.map((band, turn) => {
    const halfB = halved(band);
    return around({ band: -1, turn, dy: 0, dx: 0 }, 2, (dy, dx) =>
      correlation(halfA, halfB, { side: SIDE / 2, dy: dy / 2, dx: dx / 2 }),
    );
  });
  const byPixels = best(
    best(coarse, KEPT.pixels).map((fit) => refined(fit, 1)),
    KEPT.parts,
  );
  if (byPixels[0]!.band < HOPELESS) return { band: byPixels[0]!.band, gray: 0 };
  const [fit] = best(
    byPixels.map((each) => refined(refined(each, 0.5), 0.25)),
    1,
  );
  const { band, turn, dy, dx } = fit!;
  return { band, gray: shiftedCorrelation(a.gray, turnedBy(b.gray, turn), dy, dx) };
}

/** A picture flipped and turned by right angles, in one of eight ways. */
function turnedBy(picture: Float32Array, turn: number): Float32Array {
  const side = SIDE;
  if (turn === 0) return picture;
  const out = new Float32Array(picture.length);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const row = turn & 1 ? side - 1 - y : y;
      const column = turn & 2 ? side - 1 - x : x;
      out[y * side + x] = picture[turn & 4 ? column * side + row : row * side + column]!;
    }
  return out;
}

/** The means of squares of 2 x 2 pixels. */
function halved(picture: Float32Array): Float32Array {
  const half = SIDE / 2;
  const out = new Float32Array(half * half);
  for (let y = 0; y < half; y++)
    for (let x = 0; x < half; x++) {
      const at = 2 * y * SIDE + 2 * x;
      out[y * half + x] = (picture[at]! + picture[at + 1]! + picture[at + SIDE]! + picture[at + SIDE + 1]!) / 4;
    }
  return out;
}

/** {@link correlation} at a shift by parts of a pixel: both pictures are moved by half the part, which blurs both alike. */
function shiftedCorrelation(a: Float32Array, b: Float32Array, dy: number, dx: number): number {
  const whole = { side: SIDE, dy: Math.floor(dy), dx: Math.floor(dx) };
  const [y, x] = [dy - whole.dy, dx - whole.dx];
  if (y === 0 && x === 0) return correlation(a, b, whole);
  // What lies at p in `a` lies at p - shift in `b`: `a` is looked at half the part farther, `b` half the part less far.
  return correlation(between(a, y / 2, x / 2), between(b, -y / 2, -x / 2), whole);
}

/** A picture between its pixels, at (y + dy, x + dx) with parts from -1 to 1, the border repeated. */
function between(picture: Float32Array, dy: number, dx: number): Float32Array {
  const out = new Float32Array(picture.length);
  const last = SIDE - 1;
  const [stepY, stepX] = [dy < 0 ? -1 : 1, dx < 0 ? -1 : 1];
  const [partY, partX] = [Math.abs(dy), Math.abs(dx)];
  for (let y = 0; y < SIDE; y++) {
    const row = y * SIDE;
    const other = Math.min(last, Math.max(0, y + stepY)) * SIDE;
    for (let x = 0; x < SIDE; x++) {
      const beside = Math.min(last, Math.max(0, x + stepX));
      const here = picture[row + x]! * (1 - partX) + picture[row + beside]! * partX;
      const there = picture[other + x]! * (1 - partX) + picture[other + beside]! * partX;
      out[row + x] = here * (1 - partY) + there * partY;
    }
  }
  return out;
}

/** Pearson's correlation of a picture with another one moved by whole pixels, where they overlap; 0 where one is constant. */
function correlation(
  a: Float32Array,
  b: Float32Array,
  { side, dy, dx }: { side: number; dy: number; dx: number },
): number {
  let [sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0];
  const [top, bottom] = [Math.max(0, dy), Math.min(side, side + dy)];
  const [left, right] = [Math.max(0, dx), Math.min(side, side + dx)];
  for (let y = top; y < bottom; y++) {
    const rowA = y * side;
    const rowB = (y - dy) * side - dx;
    for (let x = left; x < right; x++) {
      const p = a[rowA + x]!;
      const q = b[rowB + x]!;
      sumA += p;
      sumB += q;
      squaresA += p * p;
      squaresB += q * q;
      products += p * q;
    }
  }
  const n = (bottom - top) * (right - left);
  const spread = (squaresA - sumA ** 2 / n) * (squaresB - sumB ** 2 / n);
  return spread > 0 ? (products - (sumA * sumB) / n) / Math.sqrt(spread) : 0;
}
