// The same as winograd.ts for squares of 4 x 4 results: F(4x4, 3x3) of Lavin & Gray 2016, 36 products instead of 144,
// with the points 0, +-1/sqrt 2, +-sqrt 2, which round less than Lavin's 0, +-1, +-2. A 6 x 6 tile is transformed along
// its columns into a small square of memory and from there along its rows, four channels at a time.
import { align, frame } from "./frame";
import { FRESH } from "./micro";
import { packColumns, packRows } from "./pack";
import { panelOfColumns, panelOfRows } from "./panel";
import { madd, reserve, zeroFloats } from "./simd";

const ROOT: f32 = 1.4142135623730951;
const WORK: i32 = 786432; // bytes of transformed tiles that one block holds
const FILTER: i32 = 589824; // bytes of a transformed filter that are multiplied before the next are computed
const PIECE: i32 = 32; // rows of a filter's panel that are packed before they are transformed
const GRADIENT: usize = 393216; // bytes of a filter's transformed gradient that are computed before they are turned back
const SKEW: usize = 320; // 36 planes written side by side must not share a cache set
const SMALL_SKEW: usize = 64;
const ASIDE: usize = 1024; // the square of memory between the two passes, and a row of bias

/** Whether 4 x 4 squares multiply less than 2 x 2 ones in an image, and are enough of them to pay for 36 matrices. */
export function suitsFour(ho: i32, wo: i32, cin: i32, cout: i32): bool {
  const fours = ((ho + 3) >> 2) * ((wo + 3) >> 2), twos = ((ho + 1) >> 1) * ((wo + 1) >> 1);
  return 36 * fours < 16 * twos && cin * cout <= 8192 * fours * fours;
}

// @ts-ignore: decorator
@inline
function tilesInBlock(channels: i32, total: i32): i32 {
  return min(total, max(24, WORK / (channels * 144) & ~3));
}

/** B' of six vectors `step` bytes apart, to six `out` bytes apart. */
// @ts-ignore: decorator
@inline
function inputSix(from: usize, step: usize, to: usize, out: usize): void {
  const d1 = v128.load(from + step), d2 = v128.load(from + 2 * step), d3 = v128.load(from + 3 * step), d4 = v128.load(from + 4 * step);
  const centre = f32x4.splat(-2.5), root = f32x4.splat(ROOT), half = f32x4.splat(ROOT / 2);
  v128.store(to, madd(d2, centre, f32x4.add(v128.load(from), d4)));
  const s = madd(d2, f32x4.splat(-2), d4), t = f32x4.sub(f32x4.mul(d3, half), f32x4.mul(d1, root));
  v128.store(to + out, f32x4.add(s, t));
  v128.store(to + 2 * out, f32x4.sub(s, t));
  const u = madd(d2, f32x4.splat(-0.5), d4), w = f32x4.sub(f32x4.mul(d3, root), f32x4.mul(d1, half));
  v128.store(to + 3 * out, f32x4.add(u, w));
  v128.store(to + 4 * out, f32x4.sub(u, w));
  v128.store(to + 5 * out, madd(d3, centre, f32x4.add(d1, v128.load(from + 5 * step))));
}

/** B' d B of one tile for all channels; 36 values to `to` and every `plane` bytes after. */
function inputTile(d: usize, row: usize, pixel: usize, to: usize, plane: usize, vectors: i32, aside: usize): void {
  for (; vectors > 0; vectors--) {
    for (let x: usize = 0; x < 6; x++) inputSix(d + x * pixel, row, aside + (x << 4), 96);
    for (let y: usize = 0; y < 6; y++) inputSix(aside + y * 96, 16, to + 6 * y * plane, plane);
    d += 16; to += 16;
  }
}

/** A' of six vectors to four, with `add` to each. */
// @ts-ignore: decorator
@inline
function outputFour(from: usize, step: usize, to: usize, out: usize, count: i32, add: v128): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step), m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step);
  const a = f32x4.add(m1, m2), b = f32x4.sub(m1, m2), c = f32x4.add(m3, m4), d = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(v128.load(from), add), f32x4.add(a, c)));
  if (count > 1) v128.store(to + out, madd(d, f32x4.splat(ROOT), madd(b, f32x4.splat(ROOT / 2), add)));
  if (count > 2) v128.store(to + 2 * out, madd(c, f32x4.splat(2), madd(a, f32x4.splat(0.5), add)));
  if (count > 3) {
    const last = f32x4.add(v128.load(from + 5 * step), add);
    v128.store(to + 3 * out, madd(d, f32x4.splat(2 * ROOT), madd(b, f32x4.splat(ROOT / 4), last)));
  }
}

/** A' m A of one tile: up to 4 x 4 pixels of `channels` (a multiple of 4). */
function outputTile(
  m: usize, plane: usize, y: usize, row: usize, pixel: usize, rows: i32, columns: i32, channels: i32, bias: usize, aside: usize,
): void {
  const zero = f32x4.splat(0);
  for (let q = 0; q < channels; q += 4) {
    const o = <usize>q << 2;
    for (let x: usize = 0; x < 6; x++) outputFour(m + o + x * plane, 6 * plane, aside + (x << 4), 96, 4, zero);
    const add = bias ? v128.load(bias + o) : zero;
    for (let i = 0; i < rows; i++) outputFour(aside + <usize>i * 96, 16, y + o + <usize>i * row, pixel, columns, add);
  }
}

/** A of four vectors to six. */
// @ts-ignore: decorator
@inline
function gradientSix(y0: v128, y1: v128, y2: v128, y3: v128, to: usize, out: usize): void {
  v128.store(to, y0);
  const e = madd(y2, f32x4.splat(0.5), y0), o = madd(y3, f32x4.splat(ROOT / 4), f32x4.mul(y1, f32x4.splat(ROOT / 2)));
  v128.store(to + out, f32x4.add(e, o));
  v128.store(to + 2 * out, f32x4.sub(e, o));
  const f = madd(y2, f32x4.splat(2), y0), p = madd(y3, f32x4.splat(2 * ROOT), f32x4.mul(y1, f32x4.splat(ROOT)));
  v128.store(to + 3 * out, f32x4.add(f, p));
  v128.store(to + 4 * out, f32x4.sub(f, p));
  v128.store(to + 5 * out, y3);
}

/** A dY A' of one tile into panels of eight channels: four channels at q lie at (q / 8) panel + (q & 4). */
function gradientTile(
  y: usize, row: usize, pixel: usize, rows: i32, columns: i32, to: usize, plane: usize, panel: usize, channels: i32, aside: usize,
): void {
  const zero = f32x4.splat(0);
  for (let q = 0; q < channels; q += 4) {
    for (let x = 0; x < 4; x++) {
      const p = y + (<usize>q << 2) + <usize>x * pixel;
      const inside = x < columns;
      gradientSix(inside ? v128.load(p) : zero, inside && rows > 1 ? v128.load(p + row) : zero,
        inside && rows > 2 ? v128.load(p + 2 * row) : zero, inside && rows > 3 ? v128.load(p + 3 * row) : zero,
        aside + (<usize>x << 4), 64);
    }
    const at = to + <usize>(q >> 3) * panel + (<usize>(q & 4) << 2);
    for (let r: usize = 0; r < 6; r++) {
      const p = aside + (r << 6);
      gradientSix(v128.load(p), v128.load(p, 16), v128.load(p, 32), v128.load(p, 48), at + 6 * r * plane, plane);
    }
  }
}

/** G of three vectors to six. */
// @ts-ignore: decorator
@inline
function filterSix(g0: v128, g1: v128, g2: v128, to: usize, out: usize): void {
  v128.store(to, g0);
  const e = madd(g0, f32x4.splat(-2.0 / 3.0), f32x4.mul(g2, f32x4.splat(-1.0 / 3.0))), o = f32x4.mul(g1, f32x4.splat(-ROOT / 3));
  v128.store(to + out, f32x4.add(e, o));
  v128.store(to + 2 * out, f32x4.sub(e, o));
  const f = madd(g0, f32x4.splat(1.0 / 6.0), f32x4.mul(g2, f32x4.splat(1.0 / 3.0))), p = f32x4.mul(g1, f32x4.splat(ROOT / 6));
  v128.store(to + 3 * out, f32x4.add(f, p));
  v128.store(to + 4 * out, f32x4.sub(f, p));
  v128.store(to + 5 * out, g2);
}

/** G g G' of four pairs of channels, nine taps `tap` bytes apart, to 36 places `plane` bytes apart. */
// @ts-ignore: decorator
@inline
function filterTile(g: usize, tap: usize, to: usize, plane: usize, aside: usize): void {
  for (let x: usize = 0; x < 3; x++) {
    const p = g + x * tap;
    filterSix(v128.load(p), v128.load(p + 3 * tap), v128.load(p + 6 * tap), aside + (x << 4), 48);
  }
  for (let r: usize = 0; r < 6; r++) {
    const p = aside + r * 48;
    filterSix(v128.load(p), v128.load(p, 16), v128.load(p, 32), to + 6 * r * plane, plane);
  }
}

/**
 * Transforms `columns` of the filter [3, 3, k, n], from their first on, to 36 times panels [k][8]; backward: rows of the
 * filter [3, 3, n, k] rotated by half a turn. Its taps are packed a piece at a time, so that what lies far apart in
 * memory is waited for all at once.
 */
function filterPanels(
  filter: usize, size: usize, k: i32, n: i32, columns: i32, backward: bool, to: usize, panel: usize, plane: usize,
  aside: usize, packed: usize,
): void {
  const panels = (columns + 7) >> 3, piece = <usize>PIECE << 5, tap = <usize>panels * piece;
  for (let first = 0; first < k; first += PIECE) {
    const count = min(PIECE, k - first);
    for (let i: usize = 0; i < 9; i++) {
      const at = packed + i * tap;
      if (backward) packRows(count, columns, filter + (8 - i) * size + (<usize>first << 2), <usize>k << 2, at, piece, 8);
      else packColumns(count, columns, filter + i * size + (<usize>(first * n) << 2), <usize>n << 2, at, piece, 8);
    }
    for (let j: usize = 0; j < <usize>panels; j++) {
      let from = packed + j * piece, at = to + j * panel + (<usize>first << 5);
      for (const end = from + (<usize>count << 5); from < end; from += 16, at += 16) filterTile(from, tap, at, plane, aside);
    }
  }
}

/** G' of six vectors to three. */
// @ts-ignore: decorator
@inline
function filterThree(from: usize, step: usize, to: usize, out: usize): void {
  const u1 = v128.load(from + step), u2 = v128.load(from + 2 * step), u3 = v128.load(from + 3 * step), u4 = v128.load(from + 4 * step);
  const a = f32x4.add(u1, u2), c = f32x4.add(u3, u4);
  v128.store(to, madd(a, f32x4.splat(-2.0 / 3.0), madd(c, f32x4.splat(1.0 / 6.0), v128.load(from))));
  v128.store(to + out, madd(f32x4.sub(u3, u4), f32x4.splat(ROOT / 6), f32x4.mul(f32x4.sub(u2, u1), f32x4.splat(ROOT / 3))));
  v128.store(to + 2 * out, madd(f32x4.sub(c, a), f32x4.splat(1.0 / 3.0), v128.load(from + 5 * step)));
}

/** G' u G: 36 matrices back to nine taps. */
function filterGradient(u: usize, plane: usize, bytes: usize, to: usize, size: usize, aside: usize): void {
  for (let o: usize = 0; o < bytes; o += 16) {
    for (let x: usize = 0; x < 6; x++) filterThree(u + o + x * plane, 6 * plane, aside + (x << 4), 96);
    for (let r: usize = 0; r < 3; r++) filterThree(aside + r * 96, 16, to + o + 3 * r * size, size);
  }
}

/** As winograd in winograd.ts. */
export function winogradFour(
  x: usize, filter: usize, bias: usize, y: usize, n: i32, h: i32, w: i32, cin: i32, ho: i32, wo: i32, cout: i32,
  top: i32, left: i32, backward: bool,
): void {
  const tilesY = (ho + 3) >> 2, tilesX = (wo + 3) >> 2, tiles = tilesY * tilesX, total = n * tiles;
  const hp = 4 * tilesY + 2, wp = 4 * tilesX + 2;
  const block = tilesInBlock(cin + cout, total);
  const panels = (cout + 7) >> 3, panel = <usize>cin << 5;
  // Where one block has all tiles a few panels of the filter are taken at a time, so that they are multiplied while they
  // are in the cache.
  const group = block == total ? min(panels, max(1, FILTER / (cin * 1152))) : panels;
  const matrix = <usize>group * panel + SKEW;
  const planeV = (<usize>(block * cin) << 2) + SKEW;
  const pixelM = <usize>group << 5, planeM = <usize>block * pixelM + SKEW;
  const frameBytes = align(<usize>(hp * wp * cin) << 2);
  const size = <usize>(cin * cout) << 2;
  const packedBytes = 9 * PIECE * pixelM; // in the place of m, which is free until a group's filter is transformed
  const base = reserve(frameBytes + ASIDE + 36 * (matrix + planeV) + max(36 * planeM, packedBytes));
  const aside = base + frameBytes, u = aside + ASIDE, v = u + 36 * matrix, m = v + 36 * planeV;
  zeroFloats(base, hp * wp * cin);

  const rowX = <usize>(wp * cin) << 2, pixelX = <usize>cin << 2, rowY = <usize>(wo * cout) << 2, pixelY = <usize>cout << 2;
  let sample = -1;
  for (let from = 0; from < panels; from += group) {
    const some = min(group, panels - from), channels = min(some << 3, cout - (from << 3));
    const part = filter + (<usize>from << 5) * (backward ? cin : 1);
    filterPanels(part, size, cin, cout, channels, backward, u, panel, matrix, aside, m);
    for (let first = 0; first < total; first += block) {
      const count = min(block, total - first);
      for (let t = 0; t < count && from == 0; t++) {
        const s = (first + t) / tiles, at = first + t - s * tiles;
        if (s != sample) {
          frame(x + (<usize>(s * h * w * cin) << 2), h, w, cin, base, hp, wp, top, left);
          sample = s;
        }
        const ty = at / tilesX, tx = at - ty * tilesX;
        inputTile(base + <usize>(4 * ty) * rowX + <usize>(4 * tx) * pixelX, rowX, pixelX, v + <usize>t * pixelX, planeV, cin >> 2, aside);
      }
      for (let i = 0; i < 36; i++) {
        const vi = v + <usize>i * planeV, ui = u + <usize>i * matrix, mi = m + <usize>i * planeM;
        for (let j = 0; j < some; j++) { // always eight channels: the planes are that wide
          panelOfRows(count, cin, vi, pixelX, ui + <usize>j * panel, mi + (<usize>j << 5), pixelM, 8, FRESH, 0);
        }
      }
      const target = y + (<usize>from << 5), start = bias ? bias + (<usize>from << 5) : 0;
      for (let t = 0; t < count; t++) {
        const s = (first + t) / tiles, at = first + t - s * tiles;
        const ty = at / tilesX, tx = at - ty * tilesX;
        outputTile(m + <usize>t * pixelM, planeM, target + (<usize>(((s * ho + 4 * ty) * wo + 4 * tx) * cout) << 2), rowY, pixelY,
          min(4, ho - 4 * ty), min(4, wo - 4 * tx), channels, start, aside);
      }
    }
  }
}

/** Filter gradient [3, 3, cin, cout] from x [n, h, w, cin] and dy [n, ho, wo, cout]. */
export function winogradFourFilterGradient(
  x: usize, grad: usize, out: usize, n: i32, h: i32, w: i32, cin: i32, ho: i32, wo: i32, cout: i32, top: i32, left: i32,
): void {
  const tilesY = (ho + 3) >> 2, tilesX = (wo + 3) >> 2, tiles = tilesY * tilesX, total = n * tiles;
  const hp = 4 * tilesY + 2, wp = 4 * tilesX + 2;
  const block = min(total, max(64, WORK / ((cin + cout) * 144) & ~3));
  const panels = (cout + 7) >> 3;
  const rowV = (<usize>cin << 2) + ((cin & 63) == 0 ? SMALL_SKEW : 0), panel = (<usize>block << 5) + SMALL_SKEW;
  const planeV = <usize>block * rowV + SKEW, planeM = <usize>panels * panel + SKEW;
  const frameBytes = align(<usize>(hp * wp * cin) << 2);
  const size = <usize>(cin * cout) << 2, width = <usize>cout << 2;
  // Where one block has all tiles the filter's rows are taken a few at a time, so that their 36 planes stay in the cache.
  const rows = block == total ? min(cin, max(4, <i32>(GRADIENT / (36 * width)) & ~3)) : cin;
  const planeU = <usize>rows * width + SKEW;
  const base = reserve(frameBytes + ASIDE + 36 * (planeU + planeV + planeM));
  const aside = base + frameBytes, u = aside + ASIDE, v = u + 36 * planeU, m = v + 36 * planeV;
  zeroFloats(base, hp * wp * cin);
  const rowX = <usize>(wp * cin) << 2, pixelX = <usize>cin << 2, rowY = <usize>(wo * cout) << 2, pixelY = <usize>cout << 2;
  let sample = -1;
  for (let first = 0; first < total; first += block) {
    const count = min(block, total - first);
    for (let t = 0; t < count; t++) {
      const s = (first + t) / tiles, at = first + t - s * tiles;
      if (s != sample) {
        frame(x + (<usize>(s * h * w * cin) << 2), h, w, cin, base, hp, wp, top, left);
        sample = s;
      }
      const ty = at / tilesX, tx = at - ty * tilesX;
      inputTile(base + <usize>(4 * ty) * rowX + <usize>(4 * tx) * pixelX, rowX, pixelX, v + <usize>t * rowV, planeV, cin >> 2, aside);
      gradientTile(grad + (<usize>(((s * ho + 4 * ty) * wo + 4 * tx) * cout) << 2), rowY, pixelY,
        min(4, ho - 4 * ty), min(4, wo - 4 * tx), m + (<usize>t << 5), planeM, panel, cout, aside);
    }
    for (let row = 0; row < cin; row += rows) {
      const some = min(rows, cin - row);
      for (let i = 0; i < 36; i++) {
        for (let j = 0; j < cout; j += 8) {
          panelOfColumns(some, count, v + <usize>i * planeV + (<usize>row << 2), rowV,
            m + <usize>i * planeM + <usize>(j >> 3) * panel, u + <usize>i * planeU + (<usize>j << 2), pixelY,
            min(8, cout - j), first > 0);
        }
      }
      if (first + count == total) filterGradient(u, planeU, <usize>some * width, out + <usize>row * width, size, aside);
    }
  }
}
