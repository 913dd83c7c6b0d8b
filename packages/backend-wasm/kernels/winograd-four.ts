// The same as winograd.ts for squares of 4 x 4 results: F(4x4, 3x3) of Lavin & Gray 2016, 36 products instead of 144,
// with the points 0, +-1/sqrt 2, +-sqrt 2, which round less than Lavin's 0, +-1, +-2. A 6 x 6 tile is transformed along
// its columns into a small square of memory and from there along its rows, four channels at a time.
import { align, frame } from "./frame";
import { FRESH } from "./micro";
import { packColumns, packRows } from "./pack";
import { panelOfColumns, panelOfRows } from "./panel";
import { madd, nmadd, reserve, zeroFloats } from "./simd";

const ROOT: f32 = 1.4142135623730951;
const WORK: i32 = 786432; // bytes of transformed tiles that one block holds
const FILTER: i32 = 589824; // bytes of a transformed filter that are multiplied before the next are computed
const PIECE: i32 = 32; // rows of a filter's panel that are packed before they are transformed
const GRADIENT: usize = 393216; // bytes of a filter's transformed gradient that are computed before they are turned back
const SKEW: usize = 320; // 36 planes written side by side must not share a cache set
const SMALL_SKEW: usize = 64;
const STRIP: i32 = 4; // tiles whose columns are transformed together
const STRIP_ROW: usize = 288; // bytes of one row of them: 4 STRIP + 2 vectors
const ASIDE: usize = 2048; // what lies between the two passes

/** Whether 4 x 4 squares multiply less than 2 x 2 ones in an image, and are enough of them to pay for 36 matrices. */
export function suitsFour(ho: i32, wo: i32, cin: i32, cout: i32): bool {
  const fours = ((ho + 3) >> 2) * ((wo + 3) >> 2), twos = ((ho + 1) >> 1) * ((wo + 1) >> 1);
  return 36 * fours < 16 * twos && cin * cout <= 8192 * fours * fours;
}

/** A multiple of twelve, which tiles of six rows fill, and of four. */
// @ts-ignore: decorator
@inline
function tilesInBlock(channels: i32, total: i32): i32 {
  return min(total, max(24, (WORK / (channels * 144) + 4) / 12 * 12));
}

/** B' of six vectors to six, `out` bytes apart. */
// @ts-ignore: decorator
@inline
function inputSix(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, out: usize): void {
  const centre = f32x4.splat(-2.5), two = f32x4.splat(2), half = f32x4.splat(0.5);
  v128.store(to, madd(d2, centre, f32x4.add(d0, d4)));
  const s = nmadd(d2, two, d4), t = nmadd(d1, two, d3);
  v128.store(to + out, madd(t, f32x4.splat(ROOT / 2), s));
  v128.store(to + 2 * out, nmadd(t, f32x4.splat(ROOT / 2), s));
  const u = nmadd(d2, half, d4), w = nmadd(d1, half, d3);
  v128.store(to + 3 * out, madd(w, f32x4.splat(ROOT), u));
  v128.store(to + 4 * out, nmadd(w, f32x4.splat(ROOT), u));
  v128.store(to + 5 * out, madd(d3, centre, f32x4.add(d1, d5)));
}

/**
 * B' d B of up to STRIP tiles side by side for all channels, `tile` bytes from one to the next; 36 values to `to` and
 * every `plane` bytes after. Neighbours share two columns.
 */
function inputStrip(
  d: usize, row: usize, pixel: usize, tiles: i32, to: usize, tile: usize, plane: usize, vectors: i32, aside: usize,
): void {
  for (; vectors > 0; vectors--) {
    let from = d, at = aside;
    for (let x = 4 * tiles + 2; x > 0; x--) {
      const p1 = from + row, p2 = p1 + row, p3 = p2 + row, p4 = p3 + row;
      inputSix(v128.load(from), v128.load(p1), v128.load(p2), v128.load(p3), v128.load(p4), v128.load(p4 + row), at, STRIP_ROW);
      from += pixel; at += 16;
    }
    at = aside;
    for (let t = 0, first = to; t < tiles; t++, first += tile) {
      for (let y = 6, target = first; y > 0; y--, target += 6 * plane) {
        inputSix(v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48), v128.load(at, 64), v128.load(at, 80), target, plane);
        at += STRIP_ROW;
      }
      at -= 6 * STRIP_ROW - 64;
    }
    d += 16; to += 16;
  }
}

/**
 * B' d B of `count` tiles of x [n, h, w, c] from tile `first` on, `tile` bytes from one to the next. Samples are put into
 * a frame [hp, wp, c] one after the other; `sample` lies there when this is called, what it returns when it ends.
 */
function inputTiles(
  x: usize, h: i32, w: i32, c: i32, framed: usize, hp: i32, wp: i32, top: i32, left: i32, tilesX: i32, tiles: i32,
  first: i32, count: i32, sample: i32, to: usize, tile: usize, plane: usize, aside: usize,
): i32 {
  const pixel = <usize>c << 2, row = <usize>wp * pixel;
  for (let t = 0; t < count; ) {
    const s = (first + t) / tiles, at = first + t - s * tiles, ty = at / tilesX, tx = at - ty * tilesX;
    if (s != sample) {
      frame(x + (<usize>(s * h * w * c) << 2), h, w, c, framed, hp, wp, top, left);
      sample = s;
    }
    const some = min(STRIP, min(count - t, tilesX - tx));
    inputStrip(framed + <usize>(4 * ty) * row + <usize>(4 * tx) * pixel, row, pixel, some, to + <usize>t * tile, tile, plane, c >> 2, aside);
    t += some;
  }
  return sample;
}

/** A' of six vectors to four, `out` bytes apart, and of these the first `count`; biased: with `add` to each. */
// @ts-ignore: decorator
@inline
function outputFour(
  m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, to: usize, out: usize, count: i32, biased: bool, add: v128,
): void {
  const half = f32x4.splat(0.5), root = f32x4.splat(ROOT / 2);
  const a = f32x4.add(m1, m2), b = f32x4.sub(m1, m2), c = f32x4.add(m3, m4), d = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(biased ? f32x4.add(m0, add) : m0, f32x4.add(a, c)));
  if (count > 1) v128.store(to + out, madd(d, f32x4.splat(ROOT), biased ? madd(b, root, add) : f32x4.mul(b, root)));
  if (count > 2) v128.store(to + 2 * out, madd(c, f32x4.splat(2), biased ? madd(a, half, add) : f32x4.mul(a, half)));
  if (count > 3) {
    v128.store(to + 3 * out, madd(d, f32x4.splat(2 * ROOT), madd(b, f32x4.splat(ROOT / 4), biased ? f32x4.add(m5, add) : m5)));
  }
}

/** A' m A of one tile: up to 4 x 4 pixels of `channels` (a multiple of 4). */
function outputTile(
  m: usize, plane: usize, y: usize, row: usize, pixel: usize, rows: i32, columns: i32, channels: i32, bias: usize, aside: usize,
): void {
  const zero = f32x4.splat(0);
  const whole = rows == 4 && columns == 4;
  for (; channels > 0; channels -= 4) {
    let at = aside;
    for (let x = 6, from = m; x > 0; x--) {
      const p1 = from + 6 * plane, p2 = p1 + 6 * plane, p3 = p2 + 6 * plane, p4 = p3 + 6 * plane;
      outputFour(v128.load(from), v128.load(p1), v128.load(p2), v128.load(p3), v128.load(p4), v128.load(p4 + 6 * plane), at, 96, 4, false, zero);
      from += plane; at += 16;
    }
    at = aside;
    const add = bias ? v128.load(bias) : zero;
    if (whole) {
      for (let i = 4, to = y; i > 0; i--) {
        outputFour(v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48), v128.load(at, 64), v128.load(at, 80), to, pixel, 4, true, add);
        at += 96; to += row;
      }
    } else {
      for (let i = rows, to = y; i > 0; i--) {
        outputFour(v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48), v128.load(at, 64), v128.load(at, 80), to, pixel, columns, true, add);
        at += 96; to += row;
      }
    }
    m += 16; y += 16;
    if (bias) bias += 16;
  }
}

/** A of four vectors to six. */
// @ts-ignore: decorator
@inline
function gradientSix(y0: v128, y1: v128, y2: v128, y3: v128, to: usize, out: usize): void {
  const two = f32x4.splat(2), half = f32x4.splat(0.5);
  v128.store(to, y0);
  const e = madd(y2, half, y0), o = madd(y3, half, y1);
  v128.store(to + out, madd(o, f32x4.splat(ROOT / 2), e));
  v128.store(to + 2 * out, nmadd(o, f32x4.splat(ROOT / 2), e));
  const f = madd(y2, two, y0), p = madd(y3, two, y1);
  v128.store(to + 3 * out, madd(p, f32x4.splat(ROOT), f));
  v128.store(to + 4 * out, nmadd(p, f32x4.splat(ROOT), f));
  v128.store(to + 5 * out, y3);
}

/** A dY A' of one tile into panels of eight channels: four channels at q lie at (q / 8) panel + (q & 4). */
function gradientTile(
  y: usize, row: usize, pixel: usize, rows: i32, columns: i32, to: usize, plane: usize, panel: usize, channels: i32, aside: usize,
): void {
  const zero = f32x4.splat(0);
  const whole = rows == 4 && columns == 4;
  for (let q = 0; q < channels; q += 4, y += 16) {
    if (whole) {
      for (let x = 4, p = y, at = aside; x > 0; x--, p += pixel, at += 16) {
        const p1 = p + row, p2 = p1 + row;
        gradientSix(v128.load(p), v128.load(p1), v128.load(p2), v128.load(p2 + row), at, 64);
      }
    } else {
      for (let x = 0, p = y, at = aside; x < 4; x++, p += pixel, at += 16) {
        const inside = x < columns;
        gradientSix(inside ? v128.load(p) : zero, inside && rows > 1 ? v128.load(p + row) : zero,
          inside && rows > 2 ? v128.load(p + 2 * row) : zero, inside && rows > 3 ? v128.load(p + 3 * row) : zero, at, 64);
      }
    }
    let target = to + <usize>(q >> 3) * panel + (<usize>(q & 4) << 2);
    for (let r = 6, p = aside; r > 0; r--, p += 64, target += 6 * plane) {
      gradientSix(v128.load(p), v128.load(p, 16), v128.load(p, 32), v128.load(p, 48), target, plane);
    }
  }
}

/** G of three vectors to six. */
// @ts-ignore: decorator
@inline
function filterSix(g0: v128, g1: v128, g2: v128, to: usize, out: usize): void {
  const third = f32x4.splat(1.0 / 3.0);
  v128.store(to, g0);
  const e = nmadd(g2, third, f32x4.mul(g0, f32x4.splat(-2.0 / 3.0)));
  v128.store(to + out, nmadd(g1, f32x4.splat(ROOT / 3), e));
  v128.store(to + 2 * out, madd(g1, f32x4.splat(ROOT / 3), e));
  const f = madd(g2, third, f32x4.mul(g0, f32x4.splat(1.0 / 6.0)));
  v128.store(to + 3 * out, madd(g1, f32x4.splat(ROOT / 6), f));
  v128.store(to + 4 * out, nmadd(g1, f32x4.splat(ROOT / 6), f));
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

  const pixelX = <usize>cin << 2, rowY = <usize>(wo * cout) << 2, pixelY = <usize>cout << 2;
  let sample = -1;
  for (let from = 0; from < panels; from += group) {
    const some = min(group, panels - from), channels = min(some << 3, cout - (from << 3));
    const part = filter + (<usize>from << 5) * (backward ? cin : 1);
    filterPanels(part, size, cin, cout, channels, backward, u, panel, matrix, aside, m);
    for (let first = 0; first < total; first += block) {
      const count = min(block, total - first);
      if (from == 0) {
        sample = inputTiles(x, h, w, cin, base, hp, wp, top, left, tilesX, tiles, first, count, sample, v, pixelX, planeV, aside);
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
  const rowY = <usize>(wo * cout) << 2, pixelY = <usize>cout << 2;
  let sample = -1;
  for (let first = 0; first < total; first += block) {
    const count = min(block, total - first);
    sample = inputTiles(x, h, w, cin, base, hp, wp, top, left, tilesX, tiles, first, count, sample, v, rowV, planeV, aside);
    for (let t = 0; t < count; t++) {
      const s = (first + t) / tiles, at = first + t - s * tiles;
      const ty = at / tilesX, tx = at - ty * tilesX;
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
