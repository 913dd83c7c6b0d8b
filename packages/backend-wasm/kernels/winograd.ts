// 3 x 3 convolutions of stride 1 with 16 products a square of 2 x 2 results instead of 36: F(2x2, 3x3) of Lavin & Gray
// 2016. Y = A' [(G g G') . (B' d B)] A; summing over channels makes the middle 16 matrix products. The filter's gradient
// is the adjoint of the same: dg = G' [(B' d B)' (A dY A')] G. Channels must be whole vectors of four.
import { align, frame } from "./frame";
import { FRESH } from "./micro";
import { packColumns, packRows } from "./pack";
import { panelOfColumns, panelOfRows } from "./panel";
import { reserve, zeroFloats } from "./simd";

const WORK: i32 = 524288; // bytes of transformed tiles that one block holds

// Added to strides that would else be powers of two: 16 planes written side by side must not share a cache set.
const SKEW: usize = 320;
const SMALL_SKEW: usize = 64;

// @ts-ignore: decorator
@inline
function tilesInBlock(channels: i32, total: i32, least: i32): i32 {
  return min(total, max(least, WORK / (channels << 6) & ~3));
}

export function suits(kh: i32, kw: i32, sy: i32, sx: i32, cin: i32, cout: i32): bool {
  return kh == 3 && kw == 3 && sy == 1 && sx == 1 && cin >= 8 && cout >= 8 && ((cin | cout) & 3) == 0;
}

/** B' d B of one tile for all channels: 16 values to `to` and every `plane` bytes after. */
function inputTile(d: usize, row: usize, pixel: usize, to: usize, plane: usize, step: usize, vectors: i32): void {
  for (let v = 0; v < vectors; v++) {
    const d1 = d + row, d2 = d1 + row, d3 = d2 + row;
    let p = to;
    // Rows of B' one at a time, so that few values live at once.
    for (let r = 0; r < 4; r++) {
      const a = r == 0 ? d : r == 2 ? d2 : d1, b = r == 3 ? d3 : r == 2 ? d1 : d2;
      let t0 = v128.load(a), t1 = v128.load(a + pixel), t2 = v128.load(a + 2 * pixel), t3 = v128.load(a + 3 * pixel);
      const u0 = v128.load(b), u1 = v128.load(b + pixel), u2 = v128.load(b + 2 * pixel), u3 = v128.load(b + 3 * pixel);
      if (r == 1) {
        t0 = f32x4.add(t0, u0); t1 = f32x4.add(t1, u1); t2 = f32x4.add(t2, u2); t3 = f32x4.add(t3, u3);
      } else {
        t0 = f32x4.sub(t0, u0); t1 = f32x4.sub(t1, u1); t2 = f32x4.sub(t2, u2); t3 = f32x4.sub(t3, u3);
      }
      v128.store(p, f32x4.sub(t0, t2));
      v128.store(p + plane, f32x4.add(t1, t2));
      v128.store(p + 2 * plane, f32x4.sub(t2, t1));
      v128.store(p + 3 * plane, f32x4.sub(t1, t3));
      p += 4 * plane;
    }
    d += 16; to += step;
  }
}

/** A' m A of one tile: up to 2 x 2 pixels of `channels` (a multiple of 4). */
function outputTile(
  m: usize, plane: usize, y: usize, row: usize, pixel: usize, rows: i32, columns: i32, channels: i32, bias: usize,
): void {
  for (let q = 0; q < channels; q += 4) {
    const o = <usize>q << 2;
    let p = m + o;
    let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00;
    if (bias) {
      s00 = v128.load(bias + o);
      s01 = s00; s10 = s00; s11 = s00;
    }
    for (let r = 0; r < 4; r++) {
      const m0 = v128.load(p), m1 = v128.load(p + plane), m2 = v128.load(p + 2 * plane), m3 = v128.load(p + 3 * plane);
      const left = f32x4.add(f32x4.add(m0, m1), m2), right = f32x4.sub(f32x4.sub(m1, m2), m3);
      if (r < 3) {
        s00 = f32x4.add(s00, left);
        s01 = f32x4.add(s01, right);
      }
      if (r == 1) {
        s10 = f32x4.add(s10, left);
        s11 = f32x4.add(s11, right);
      } else if (r > 1) {
        s10 = f32x4.sub(s10, left);
        s11 = f32x4.sub(s11, right);
      }
      p += 4 * plane;
    }
    const to = y + o;
    v128.store(to, s00);
    if (columns > 1) v128.store(to + pixel, s01);
    if (rows > 1) {
      v128.store(to + row, s10);
      if (columns > 1) v128.store(to + row + pixel, s11);
    }
  }
}

/** A dY A' of one tile into panels of eight channels: four channels at q lie at (q / 8) panel + (q & 4). */
function gradientTile(
  y: usize, row: usize, pixel: usize, rows: i32, columns: i32, to: usize, plane: usize, panel: usize, channels: i32,
): void {
  const zero = f32x4.splat(0);
  for (let q = 0; q < channels; q += 4) {
    const from = y + (<usize>q << 2);
    const y00 = v128.load(from), y01 = columns > 1 ? v128.load(from + pixel) : zero;
    const y10 = rows > 1 ? v128.load(from + row) : zero;
    const y11 = rows > 1 && columns > 1 ? v128.load(from + row + pixel) : zero;
    let p = to + <usize>(q >> 3) * panel + (<usize>(q & 4) << 2);
    for (let r = 0; r < 4; r++) {
      let l: v128, k: v128;
      if (r == 0) { l = y00; k = y01; }
      else if (r == 1) { l = f32x4.add(y00, y10); k = f32x4.add(y01, y11); }
      else if (r == 2) { l = f32x4.sub(y00, y10); k = f32x4.sub(y01, y11); }
      else { l = f32x4.neg(y10); k = f32x4.neg(y11); }
      v128.store(p, l);
      v128.store(p + plane, f32x4.add(l, k));
      v128.store(p + 2 * plane, f32x4.sub(l, k));
      v128.store(p + 3 * plane, f32x4.neg(k));
      p += 4 * plane;
    }
  }
}

/**
 * G g G' for `bytes` of the pairs of channels, 16 pieces `plane` bytes apart; `size` bytes lie between the filter's
 * taps. turned: the filter rotated by half a turn.
 */
function filterTransform(filter: usize, size: usize, bytes: usize, to: usize, plane: usize, turned: bool): void {
  const half = f32x4.splat(0.5);
  const tap: isize = turned ? -(<isize>size) : <isize>size;
  const start = turned ? filter + 8 * size : filter;
  for (let o: usize = 0; o < bytes; o += 16) {
    const g = start + o;
    for (let r = 0; r < 4; r++) {
      let t0: v128, t1: v128, t2: v128;
      if (r == 0 || r == 3) {
        const p = r == 0 ? g : g + 6 * tap;
        t0 = v128.load(p); t1 = v128.load(p + tap); t2 = v128.load(p + 2 * tap);
      } else {
        const p = g + 3 * tap, s = g + 6 * tap;
        t0 = f32x4.add(v128.load(g), v128.load(s));
        t1 = f32x4.add(v128.load(g + tap), v128.load(s + tap));
        t2 = f32x4.add(v128.load(g + 2 * tap), v128.load(s + 2 * tap));
        const m0 = v128.load(p), m1 = v128.load(p + tap), m2 = v128.load(p + 2 * tap);
        t0 = f32x4.mul(half, r == 1 ? f32x4.add(t0, m0) : f32x4.sub(t0, m0));
        t1 = f32x4.mul(half, r == 1 ? f32x4.add(t1, m1) : f32x4.sub(t1, m1));
        t2 = f32x4.mul(half, r == 1 ? f32x4.add(t2, m2) : f32x4.sub(t2, m2));
      }
      const p = to + <usize>(4 * r) * plane + o;
      const sum = f32x4.add(t0, t2);
      v128.store(p, t0);
      v128.store(p + plane, f32x4.mul(half, f32x4.add(sum, t1)));
      v128.store(p + 2 * plane, f32x4.mul(half, f32x4.sub(sum, t1)));
      v128.store(p + 3 * plane, t2);
    }
  }
}

/** G' u G: 16 matrices back to nine taps. */
function filterGradient(u: usize, size: usize, to: usize): void {
  const half = f32x4.splat(0.5);
  for (let o: usize = 0; o < size; o += 16) {
    for (let r = 0; r < 3; r++) {
      const p = u + o;
      // Row r of G' over the four rows of u, for each of its columns.
      let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
      for (let k = 1; k < 3; k++) {
        const s = p + <usize>(4 * k) * size;
        const f = r == 1 && k == 2 ? f32x4.splat(-0.5) : half;
        c0 = f32x4.add(c0, f32x4.mul(f, v128.load(s)));
        c1 = f32x4.add(c1, f32x4.mul(f, v128.load(s + size)));
        c2 = f32x4.add(c2, f32x4.mul(f, v128.load(s + 2 * size)));
        c3 = f32x4.add(c3, f32x4.mul(f, v128.load(s + 3 * size)));
      }
      if (r != 1) {
        const s = p + (r == 0 ? 0 : 12 * size);
        c0 = f32x4.add(c0, v128.load(s));
        c1 = f32x4.add(c1, v128.load(s + size));
        c2 = f32x4.add(c2, v128.load(s + 2 * size));
        c3 = f32x4.add(c3, v128.load(s + 3 * size));
      }
      const d = to + <usize>(3 * r) * size + o;
      const sum = f32x4.mul(half, f32x4.add(c1, c2));
      v128.store(d, f32x4.add(c0, sum));
      v128.store(d + size, f32x4.mul(half, f32x4.sub(c1, c2)));
      v128.store(d + 2 * size, f32x4.add(sum, c3));
    }
  }
}

/**
 * y [n, ho, wo, cout] from x [n, h, w, cin], zeros at (top, left). backward: the filter is [3, 3, cout, cin] and is
 * turned round, which makes this the gradient of the input.
 */
export function winograd(
  x: usize, filter: usize, bias: usize, y: usize, n: i32, h: i32, w: i32, cin: i32, ho: i32, wo: i32, cout: i32,
  top: i32, left: i32, backward: bool,
): void {
  const tilesY = (ho + 1) >> 1, tilesX = (wo + 1) >> 1, tiles = tilesY * tilesX, total = n * tiles;
  const hp = 2 * tilesY + 2, wp = 2 * tilesX + 2;
  const block = tilesInBlock(cin + cout, total, 32);
  const panels = (cout + 7) >> 3, panel = <usize>cin << 5, matrix = <usize>panels * panel;
  const planeV = (<usize>(block * cin) << 2) + SKEW;
  const pixelM = <usize>panels << 5, planeM = <usize>block * pixelM + SKEW;
  const frameBytes = align(<usize>(hp * wp * cin) << 2);
  const size = <usize>(cin * cout) << 2;
  const filterRows = backward ? cout : cin, filterRow = size / filterRows, planeF = 8 * filterRow + SMALL_SKEW;
  const base = reserve(frameBytes + 16 * (matrix + planeV + max(planeM, planeF)));
  const u = base + frameBytes, v = u + 16 * matrix, m = v + 16 * planeV;

  // Eight rows of the filter at a time, so that they are packed while they are in the cache; m is free until the first
  // block.
  for (let first = 0; first < filterRows; first += 8) {
    const count = min(8, filterRows - first);
    filterTransform(filter + filterRow * first, size, filterRow * count, m, planeF, backward);
    for (let i = 0; i < 16; i++) {
      const from = m + <usize>i * planeF, to = u + <usize>i * matrix;
      if (backward) packRows(cin, count, from, <usize>cin << 2, to + <usize>(first >> 3) * panel, panel, 8);
      else packColumns(count, cout, from, <usize>cout << 2, to + (<usize>first << 5), panel, 8);
    }
  }
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
      inputTile(base + <usize>(2 * ty) * rowX + <usize>(2 * tx) * pixelX, rowX, pixelX, v + <usize>t * pixelX, planeV, 16, cin >> 2);
    }
    for (let i = 0; i < 16; i++) {
      const vi = v + <usize>i * planeV, ui = u + <usize>i * matrix, mi = m + <usize>i * planeM;
      for (let j = 0; j < panels; j++) { // always eight channels: the planes are that wide
        panelOfRows(count, cin, vi, pixelX, ui + <usize>j * panel, mi + (<usize>j << 5), pixelM, 8, FRESH, 0);
      }
    }
    for (let t = 0; t < count; t++) {
      const s = (first + t) / tiles, at = first + t - s * tiles;
      const ty = at / tilesX, tx = at - ty * tilesX;
      outputTile(m + <usize>t * pixelM, planeM, y + (<usize>(((s * ho + 2 * ty) * wo + 2 * tx) * cout) << 2), rowY, pixelY,
        min(2, ho - 2 * ty), min(2, wo - 2 * tx), cout, bias);
    }
  }
}

/** Filter gradient [3, 3, cin, cout] from x [n, h, w, cin] and dy [n, ho, wo, cout]. */
export function winogradFilterGradient(
  x: usize, grad: usize, out: usize, n: i32, h: i32, w: i32, cin: i32, ho: i32, wo: i32, cout: i32, top: i32, left: i32,
): void {
  const tilesY = (ho + 1) >> 1, tilesX = (wo + 1) >> 1, tiles = tilesY * tilesX, total = n * tiles;
  const hp = 2 * tilesY + 2, wp = 2 * tilesX + 2;
  const block = tilesInBlock(cin + cout, total, 96);
  const panels = (cout + 7) >> 3;
  const rowV = (<usize>cin << 2) + ((cin & 63) == 0 ? SMALL_SKEW : 0), panel = (<usize>block << 5) + SMALL_SKEW;
  const planeV = <usize>block * rowV + SKEW, planeM = <usize>panels * panel + SKEW;
  const frameBytes = align(<usize>(hp * wp * cin) << 2);
  const size = <usize>(cin * cout) << 2;
  const base = reserve(frameBytes + 16 * (size + planeV + planeM));
  const u = base + frameBytes, v = u + 16 * size, m = v + 16 * planeV;
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
      inputTile(base + <usize>(2 * ty) * rowX + <usize>(2 * tx) * pixelX, rowX, pixelX, v + <usize>t * rowV, planeV, 16, cin >> 2);
      gradientTile(grad + (<usize>(((s * ho + 2 * ty) * wo + 2 * tx) * cout) << 2), rowY, pixelY,
        min(2, ho - 2 * ty), min(2, wo - 2 * tx), m + (<usize>t << 5), planeM, panel, cout);
    }
        for (let i = 0; i < 16; i++) {
      for (let j = 0; j < cout; j += 8) {
        panelOfColumns(cin, count, v + <usize>i * planeV, rowV, m + <usize>i * planeM + <usize>(j >> 3) * panel,
          u + <usize>i * size + (<usize>j << 2), pixelY, min(8, cout - j), first > 0);
      }
    }
  }
  filterGradient(u, size, out);
}
