// 2-D convolution, NHWC, without im2col. The padded image is read in place: kw x Cin floats of a filter row are
// contiguous in it, so a pixel's dot product is kh straight runs (an indirect convolution, Dukhan 2019, whose table is
// two offsets a pixel). The input's gradient is the same with the filter turned round, once for each phase of the stride.
import { dotsOfPixels, FEW, sumOfColumns, turnFilter } from "./dots";
import { align, frame } from "./frame";
import { gemm, gemmScratch } from "./gemm";
import { ADD, BIAS, FRESH } from "./micro";
import { packColumns, packRows } from "./pack";
import { panelOfColumns, panelOfPixels, panelOfRows } from "./panel";
import { copyFloats, reserve, zeroFloats } from "./simd";
import { suits, winograd, winogradFilterGradient } from "./winograd";
import { suitsFour, winogradFour, winogradFourFilterGradient } from "./winograd-four";

const CHUNK: i32 = 131072; // bytes of image to walk over for each panel of the filter
const GATHER: i32 = 96; // pixels gathered at a time
const POSITIONS: i32 = 384; // pixels a block of the filter's gradient sums over: a panel of 12 KiB

/** A 1 x 1 convolution without padding is a matrix product. */
// @ts-ignore: decorator
@inline
function pointwise(kh: i32, kw: i32, sy: i32, sx: i32, h: i32, w: i32, ho: i32, wo: i32): bool {
  return kh == 1 && kw == 1 && sy == 1 && sx == 1 && h == ho && w == wo;
}

/** table[p] = {from, to}: byte offsets of pixel p in the source and the target, rows x columns of them. */
function fillTable(table: usize, rows: i32, columns: i32, fromRow: i32, fromPixel: i32, toRow: i32, toPixel: i32): void {
  for (let y = 0; y < rows; y++) {
    let from = y * fromRow, to = y * toRow;
    for (let x = 0; x < columns; x++) {
      store<i32>(table, from);
      store<i32>(table, to, 4);
      table += 8; from += fromPixel; to += toPixel;
    }
  }
}

/** All pixels of one table times all panels of a packed filter of k = segments length rows. */
function convolve(
  source: usize, target: usize, table: usize, pixels: i32, pixelBytes: i32,
  segments: i32, length: i32, stride: usize, panels: usize, channels: i32, start: i32, bias: usize,
): void {
  const panel = <usize>(segments * length) << 5;
  const chunk = max(16, CHUNK / max(1, pixelBytes) & ~3);
  for (let first = 0; first < pixels; first += chunk) {
    const count = min(chunk, pixels - first);
    for (let j = 0; j < channels; j += 8) {
      panelOfPixels(count, table + (<usize>first << 3), segments, length, stride, source,
        panels + <usize>(j >> 3) * panel, target + (<usize>j << 2), min(8, channels - j), start, bias + (<usize>j << 2));
    }
  }
}

/** The floats that each pixel of a table sees, one pixel after the other, `whole` floats each, zeros at their end. */
function gatherPixels(pixels: i32, table: usize, segments: i32, length: i32, stride: usize, source: usize, to: usize, whole: i32): void {
  const bytes = <usize>length << 2;
  for (; pixels > 0; pixels--, table += 8) {
    let from = source + load<u32>(table), at = to;
    for (let s = 0; s < segments; s++, from += stride, at += bytes) {
      // Whole vectors: what is written too much is overwritten by the next piece; the image has room behind it.
      for (let o: usize = 0; o < bytes; o += 16) v128.store(at + o, v128.load(from + o));
    }
    to += <usize>whole << 2;
    for (; at < to; at += 4) store<f32>(at, 0);
  }
}

/** y [n, ho, wo, cout] = x [n, h, w, cin] * filter [kh, kw, cin, cout] (+ bias, 0 for none). */
export function convForward(
  x: usize, filter: usize, bias: usize, y: usize, n: i32, h: i32, w: i32, cin: i32, ho: i32, wo: i32, cout: i32,
  kh: i32, kw: i32, sy: i32, sx: i32, dy: i32, dx: i32, top: i32, left: i32,
): void {
  if (pointwise(kh, kw, sy, sx, h, w, ho, wo)) {
    gemm(0, 0, n * h * w, cout, cin, x, cin, filter, cout, y, cout, bias, 0, reserve(gemmScratch()));
    return;
  }
  if (suits(kh, kw, sy, sx, cin, cout) && dy == 1 && dx == 1) {
    // By image and channels alone, here and below: a result must not depend on how a batch was divided.
    if (suitsFour(ho, wo, cin, cout)) winogradFour(x, filter, bias, y, n, h, w, cin, ho, wo, cout, top, left, false);
    else winograd(x, filter, bias, y, n, h, w, cin, ho, wo, cout, top, left, false);
    return;
  }
  const hp = (ho - 1) * sy + (kh - 1) * dy + 1, wp = (wo - 1) * sx + (kw - 1) * dx + 1;
  const gathered = cin < 8 && dx == 1 && cout >= 8; // a filter's rows are too short for the tile's loop
  const framed = gathered || top > 0 || left > 0 || hp > h || wp > w;
  const width = framed ? wp : w; // of a source row, in pixels
  const k = kh * kw * cin, panels = (cout + 7) >> 3;
  const frameBytes = framed ? align(<usize>hp * wp * cin << 2) : 0;
  const whole = k + 3 & ~3; // a gathered pixel's floats
  const filterBytes = align(<usize>panels * whole << 5);
  const rowsBytes = gathered ? align(<usize>(GATHER * whole + 4) << 2) : 0;
  const base = reserve(frameBytes + filterBytes + rowsBytes + (<usize>ho * wo << 3));
  const packed = base + frameBytes, gather = packed + filterBytes, table = gather + rowsBytes;
  const few = cout <= FEW && dx == 1 && (kw * cin & 3) == 0;
  const runs = dx > 1 ? kw : 1; // dilated columns are not contiguous: one pass for each
  const length = dx > 1 ? cin : kw * cin;
  const run = <usize>(kh * length) << 5; // bytes of one run's panel
  if (few) {
    turnFilter(filter, k, cout, packed);
  } else if (gathered) {
    zeroFloats(packed, panels * whole << 3);
    packColumns(k, cout, filter, <usize>cout << 2, packed, <usize>whole << 5, 8);
  } else if (runs == 1) {
    packColumns(k, cout, filter, <usize>cout << 2, packed, run, 8);
  } else {
    for (let r = 0; r < runs; r++) {
      for (let ky = 0; ky < kh; ky++) {
        packColumns(cin, cout, filter + (<usize>((ky * kw + r) * cin) * cout << 2), <usize>cout << 2,
          packed + <usize>(r * panels) * run + (<usize>(ky * cin) << 5), run, 8);
      }
    }
  }
  fillTable(table, ho, wo, (sy * width * cin) << 2, (sx * cin) << 2, (wo * cout) << 2, cout << 2);
  if (framed) zeroFloats(base, <usize>hp * wp * cin);
  const stride = <usize>(dy * width * cin) << 2;
  for (let i = 0; i < n; i++) {
    let source = x + (<usize>i * h * w * cin << 2);
    const target = y + (<usize>i * ho * wo * cout << 2);
    if (framed) {
      frame(source, h, w, cin, base, hp, wp, top, left);
      source = base;
    }
    if (few) {
      for (let j = 0; j < cout; j++) {
        const o = <usize>j << 2;
        dotsOfPixels(ho * wo, table, kh, length, stride, source, packed + <usize>(j * k << 2), target + o, bias ? load<f32>(bias + o) : 0);
      }
      continue;
    }
    if (gathered) {
      for (let first = 0; first < ho * wo; first += GATHER) {
        const count = min(GATHER, ho * wo - first);
        gatherPixels(count, table + (<usize>first << 3), kh, length, stride, source, gather, whole);
        for (let j = 0; j < cout; j += 8) {
          panelOfRows(count, whole, gather, <usize>whole << 2, packed + <usize>(j >> 3) * (<usize>whole << 5),
            target + (<usize>(first * cout + j) << 2), <usize>cout << 2, min(8, cout - j), bias ? BIAS : FRESH, bias + (<usize>j << 2));
        }
      }
      continue;
    }
    for (let r = 0; r < runs; r++) {
      convolve(source + (<usize>(r * dx * cin) << 2), target, table, ho * wo, sy * sx * cin << 2, kh, length, stride,
        packed + <usize>(r * panels) * run, cout, r > 0 ? ADD : bias ? BIAS : FRESH, bias);
    }
  }
}

// Filter rows that meet output phase p: those congruent to p + pad modulo the stride, from the last one down.
// @ts-ignore: decorator
@inline
function lastTap(phase: i32, pad: i32, size: i32, stride: i32): i32 {
  return size - 1 - ((size - 1 - (phase + pad) % stride + stride) % stride);
}

/** dx [n, h, w, cin] from dy [n, ho, wo, cout]. */
export function convInputGradient(
  grad: usize, filter: usize, out: usize, n: i32, h: i32, w: i32, cin: i32, ho: i32, wo: i32, cout: i32,
  kh: i32, kw: i32, sy: i32, sx: i32, top: i32, left: i32,
): void {
  if (pointwise(kh, kw, sy, sx, h, w, ho, wo)) {
    gemm(0, 1, n * h * w, cin, cout, grad, cout, filter, cout, out, cin, 0, 0, reserve(gemmScratch()));
    return;
  }
  if (suits(kh, kw, sy, sx, cin, cout) && top <= 2 && left <= 2) {
    if (suitsFour(h, w, cin, cout)) winogradFour(grad, filter, 0, out, n, ho, wo, cout, h, w, cin, 2 - top, 2 - left, true);
    else winograd(grad, filter, 0, out, n, ho, wo, cout, h, w, cin, 2 - top, 2 - left, true);
    return;
  }
  const padY = max(0, (kh - 1 - top + sy - 1) / sy), padX = max(0, (kw - 1 - left + sx - 1) / sx);
  const hp = padY + max(ho, (h - 1 + top) / sy + 1), wp = padX + max(wo, (w - 1 + left) / sx + 1);
  const framed = padY > 0 || padX > 0 || hp > ho || wp > wo;
  const frameBytes = framed ? align(<usize>hp * wp * cout << 2) : 0;
  const panels = (cin + 7) >> 3;
  const filterBytes = align(<usize>panels * (kh * kw * cout) << 5);
  const base = reserve(frameBytes + filterBytes + (<usize>h * w << 3));
  const packed = base + frameBytes, table = packed + filterBytes;
  const block = <usize>cin * cout << 2; // bytes of one tap of the filter
  const few = cin <= FEW && (cout & 3) == 0;

  let toFilter = packed, toTable = table;
  for (let py = 0; py < min(sy, h); py++) {
    const ky0 = lastTap(py, top, kh, sy), rows = (h - py + sy - 1) / sy;
    for (let px = 0; px < min(sx, w); px++) {
      const kx0 = lastTap(px, left, kw, sx), columns = (w - px + sx - 1) / sx;
      const tapsY = ky0 < 0 ? 0 : ky0 / sy + 1, tapsX = kx0 < 0 ? 0 : kx0 / sx + 1;
      const panel = <usize>(tapsY * tapsX * cout) << 5;
      for (let jy = 0; jy < tapsY; jy++) {
        for (let jx = 0; jx < tapsX; jx++) {
          const tap = filter + <usize>((ky0 - jy * sy) * kw + (kx0 - jx * sx)) * block;
          if (few) {
            const at = toFilter + (<usize>((jy * tapsX + jx) * cout) << 2);
            for (let j = 0; j < cin; j++) {
              copyFloats(tap + (<usize>(j * cout) << 2), at + (<usize>(j * tapsY * tapsX * cout) << 2), cout);
            }
          } else {
            packRows(cout, cin, tap, <usize>cout << 2, toFilter + (<usize>((jy * tapsX + jx) * cout) << 5), panel, 8);
          }
        }
      }
      fillTable(toTable, rows, columns, (wp * cout) << 2, cout << 2, (sy * w * cin) << 2, (sx * cin) << 2);
      toFilter += <usize>panels * panel;
      toTable += <usize>(rows * columns) << 3;
    }
  }

  if (framed) zeroFloats(base, <usize>hp * wp * cout);
  for (let i = 0; i < n; i++) {
    let source = grad + (<usize>i * ho * wo * cout << 2);
    const target = out + (<usize>i * h * w * cin << 2);
    if (framed) {
      frame(source, ho, wo, cout, base, hp, wp, padY, padX);
      source = base;
    }
    let fromFilter = packed, fromTable = table;
    for (let py = 0; py < min(sy, h); py++) {
      const ky0 = lastTap(py, top, kh, sy), rows = (h - py + sy - 1) / sy;
      for (let px = 0; px < min(sx, w); px++) {
        const kx0 = lastTap(px, left, kw, sx), columns = (w - px + sx - 1) / sx;
        const tapsY = ky0 < 0 ? 0 : ky0 / sy + 1, tapsX = kx0 < 0 ? 0 : kx0 / sx + 1;
        const segments = tapsX > 0 ? tapsY : 0;
        const oy = segments > 0 ? padY + (py + top - ky0) / sy : 0, ox = segments > 0 ? padX + (px + left - kx0) / sx : 0;
        const from = source + (<usize>((oy * wp + ox) * cout) << 2), to = target + (<usize>((py * w + px) * cin) << 2);
        if (few) {
          for (let j = 0; j < cin; j++) {
            dotsOfPixels(rows * columns, fromTable, segments, tapsX * cout, <usize>(wp * cout) << 2, from,
              fromFilter + (<usize>(j * tapsY * tapsX * cout) << 2), to + (<usize>j << 2), 0);
          }
        } else {
          convolve(from, to, fromTable, rows * columns, cout << 2, segments, tapsX * cout, <usize>(wp * cout) << 2,
            fromFilter, cin, FRESH, 0);
        }
        fromFilter += <usize>panels * (<usize>(tapsY * tapsX * cout) << 5);
        fromTable += <usize>(rows * columns) << 3;
      }
    }
  }
}

/**
 * Filter gradient [kh, kw, cin, cout]. For a row ky of the filter its kw x cin rows of numbers lie side by side in the
 * padded image, so a row is one product of the image, read in place, with dy in panels of eight.
 */
export function convFilterGradient(
  x: usize, grad: usize, out: usize, n: i32, h: i32, w: i32, cin: i32, ho: i32, wo: i32, cout: i32,
  kh: i32, kw: i32, sy: i32, sx: i32, top: i32, left: i32,
): void {
  if (pointwise(kh, kw, sy, sx, h, w, ho, wo)) {
    gemm(1, 0, cin, cout, n * h * w, x, cin, grad, cout, out, cout, 0, 0, reserve(gemmScratch()));
    return;
  }
  if (suits(kh, kw, sy, sx, cin, cout)) {
    if (suitsFour(ho, wo, cin, cout)) winogradFourFilterGradient(x, grad, out, n, h, w, cin, ho, wo, cout, top, left);
    else winogradFilterGradient(x, grad, out, n, h, w, cin, ho, wo, cout, top, left);
    return;
  }
  const hp = (ho - 1) * sy + kh, wp = (wo - 1) * sx + kw;
  const panels = (cout + 7) >> 3, pixels = ho * wo;
  const sample = <usize>(hp * wp * cin) << 2;
  const group = max(1, min(n, POSITIONS / pixels)); // samples summed over in one go
  const lines = max(1, min(ho, POSITIONS / wo)); // rows of one sample, when it is large
  const frames = align(<usize>group * sample);
  const image = reserve(frames + (<usize>panels * group * pixels << 5));
  const packed = image + frames;
  const ldc = <usize>cout << 2, row = <usize>(kw * cin) * ldc, line = <usize>(wp * cin) << 2;
  zeroFloats(image, <usize>group * sample >> 2);
  if (cout == 1 && (kw * cin & 3) == 0) {
    zeroFloats(out, kh * kw * cin);
    for (let s = 0; s < n; s++) {
      frame(x + (<usize>s * h * w * cin << 2), h, w, cin, image, hp, wp, top, left);
      for (let y = 0; y < ho; y++) {
        for (let ky = 0; ky < kh; ky++) {
          sumOfColumns(kw * cin, wo, image + <usize>(y * sy + ky) * line, <usize>(sx * cin) << 2,
            grad + (<usize>((s * ho + y) * wo) << 2), 4, out + <usize>ky * row);
        }
      }
    }
    return;
  }
  for (let first = 0; first < n; first += group) {
    const count = min(group, n - first);
    for (let s = 0; s < count; s++) {
      frame(x + (<usize>(first + s) * h * w * cin << 2), h, w, cin, image + <usize>s * sample, hp, wp, top, left);
    }
    const panel = <usize>(count * pixels) << 5;
    packColumns(count * pixels, cout, grad + (<usize>first * pixels * cout << 2), ldc, packed, panel, 8);
    for (let oy = 0; oy < ho; oy += lines) {
      const height = min(lines, ho - oy);
      for (let j = 0; j < cout; j += 8) {
        const b = packed + <usize>(j >> 3) * panel + (<usize>(oy * wo) << 5);
        for (let ky = 0; ky < kh; ky++) {
          const to = out + <usize>ky * row + (<usize>j << 2);
          for (let s = 0; s < count; s++) {
            for (let y = 0; y < height; y++) {
              panelOfColumns(kw * cin, wo, image + <usize>s * sample + <usize>((oy + y) * sy + ky) * line, <usize>(sx * cin) << 2,
                b + (<usize>(s * pixels + y * wo) << 5), to, ldc, min(8, cout - j), first > 0 || oy > 0 || s > 0 || y > 0);
            }
          }
        }
      }
    }
  }
}
