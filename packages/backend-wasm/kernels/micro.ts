// The two register tiles, 4 rows x 8 columns in eight accumulators: five or six rows spill.
import { madd } from "./simd";

// What a tile's sums start from.
export const FRESH: i32 = 0; // zero
export const ADD: i32 = 1; // what the result already holds
export const BIAS: i32 = 2; // a row of 8 values, the same for each row

// @ts-ignore: decorator
@inline
function storeRow(c: usize, v0: v128, v1: v128, columns: i32, start: i32, bias: usize): void {
  const from = start == ADD ? c : bias;
  if (columns == 8) {
    if (start != FRESH) {
      v0 = f32x4.add(v0, v128.load(from));
      v1 = f32x4.add(v1, v128.load(from, 16));
    }
    v128.store(c, v0);
    v128.store(c, v1, 16);
  } else {
    storeTail(c, v0, v1, columns, start, from);
  }
}

function storeTail(c: usize, v0: v128, v1: v128, columns: i32, start: i32, from: usize): void {
  const more = start != FRESH;
  if (columns >= 4) {
    v128.store(c, more ? f32x4.add(v0, v128.load(from)) : v0);
    c += 16;
    from += 16;
    columns -= 4;
    v0 = v1;
  }
  if (columns > 0) store<f32>(c, f32x4.extract_lane(v0, 0) + (more ? load<f32>(from) : 0));
  if (columns > 1) store<f32>(c, f32x4.extract_lane(v0, 1) + (more ? load<f32>(from, 4) : 0), 4);
  if (columns > 2) store<f32>(c, f32x4.extract_lane(v0, 2) + (more ? load<f32>(from, 8) : 0), 8);
}

/**
 * Four rows read in place through four pointers, `segments` pieces of `length` floats that lie `stride` bytes apart
 * (the rows of a filter over a padded image; one segment for a matrix), times a packed panel b [segments length][8].
 */
export function tileOfRows(
  segments: i32, length: i32, stride: usize,
  a0: usize, a1: usize, a2: usize, a3: usize, b: usize,
  c0: usize, c1: usize, c2: usize, c3: usize,
  rows: i32, columns: i32, start: i32, bias: usize,
): void {
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  const jump = stride - (<usize>length << 2);
  while (segments > 0) {
    let k = length;
    while (k >= 4) {
      let b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load32_splat(a0); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      b0 = v128.load(b, 32); b1 = v128.load(b, 48);
      x = v128.load32_splat(a0, 4); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2, 4); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3, 4); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      b0 = v128.load(b, 64); b1 = v128.load(b, 80);
      x = v128.load32_splat(a0, 8); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 8); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3, 8); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      b0 = v128.load(b, 96); b1 = v128.load(b, 112);
      x = v128.load32_splat(a0, 12); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 12); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2, 12); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      a0 += 16; a1 += 16; a2 += 16; a3 += 16; b += 128; k -= 4;
    }
    while (k > 0) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load32_splat(a0); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      a0 += 4; a1 += 4; a2 += 4; a3 += 4; b += 32; k--;
    }
    a0 += jump; a1 += jump; a2 += jump; a3 += jump;
    segments--;
  }
  storeRow(c0, s00, s01, columns, start, bias);
  if (rows > 1) storeRow(c1, s10, s11, columns, start, bias);
  if (rows > 2) storeRow(c2, s20, s21, columns, start, bias);
  if (rows > 3) storeRow(c3, s30, s31, columns, start, bias);
}

/**
 * c [rows, 8] = a [rows, length] times a packed panel b [length][8] (+ bias, a row of 8, or 0); rows and length
 * multiples of 4, lda and ldc in bytes. For short lengths, where calling a tile at a time costs as much as its sums.
 */
export function panelOfRows(
  rows: i32, length: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, bias: usize,
): void {
  const z0 = bias ? v128.load(bias) : f32x4.splat(0), z1 = bias ? v128.load(bias, 16) : f32x4.splat(0);
  for (; rows > 0; rows -= 4) {
    let s00 = z0, s01 = z1, s10 = z0, s11 = z1, s20 = z0, s21 = z1, s30 = z0, s31 = z1;
    let a0 = a, a1 = a0 + lda, a2 = a1 + lda, a3 = a2 + lda, p = b;
    for (let k = length; k > 0; k -= 4) {
      let b0 = v128.load(p), b1 = v128.load(p, 16);
      let x = v128.load32_splat(a0); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      b0 = v128.load(p, 32); b1 = v128.load(p, 48);
      x = v128.load32_splat(a0, 4); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2, 4); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3, 4); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      b0 = v128.load(p, 64); b1 = v128.load(p, 80);
      x = v128.load32_splat(a0, 8); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 8); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3, 8); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      b0 = v128.load(p, 96); b1 = v128.load(p, 112);
      x = v128.load32_splat(a0, 12); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 12); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2, 12); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      a0 += 16; a1 += 16; a2 += 16; a3 += 16; p += 128;
    }
    v128.store(c, s00); v128.store(c, s01, 16); c += ldc;
    v128.store(c, s10); v128.store(c, s11, 16); c += ldc;
    v128.store(c, s20); v128.store(c, s21, 16); c += ldc;
    v128.store(c, s30); v128.store(c, s31, 16); c += ldc;
    a += lda << 2;
  }
}

/**
 * Four interleaved rows a [k][4], times a packed panel b [k][8]. k runs over `blocks` x `lines` x `length` positions;
 * a moves by `step` bytes a position and starts anew every `lineStride` and `blockStride` bytes; b is contiguous.
 */
export function tileOfQuads(
  blocks: i32, blockStride: usize, lines: i32, lineStride: usize, length: i32, step: usize,
  a: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32, start: i32,
): void {
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  while (blocks > 0) {
    let line = a;
    for (let l = 0; l < lines; l++) {
      let p = line, k = length;
      while (k >= 4) {
        let b0 = v128.load(b), b1 = v128.load(b, 16);
        let x = v128.load32_splat(p); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
        x = v128.load32_splat(p, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
        x = v128.load32_splat(p, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
        x = v128.load32_splat(p, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
        p += step;
        b0 = v128.load(b, 32); b1 = v128.load(b, 48);
        x = v128.load32_splat(p); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
        x = v128.load32_splat(p, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
        x = v128.load32_splat(p, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
        x = v128.load32_splat(p, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
        p += step;
        b0 = v128.load(b, 64); b1 = v128.load(b, 80);
        x = v128.load32_splat(p); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
        x = v128.load32_splat(p, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
        x = v128.load32_splat(p, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
        x = v128.load32_splat(p, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
        p += step;
        b0 = v128.load(b, 96); b1 = v128.load(b, 112);
        x = v128.load32_splat(p); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
        x = v128.load32_splat(p, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
        x = v128.load32_splat(p, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
        x = v128.load32_splat(p, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
        p += step; b += 128; k -= 4;
      }
      while (k > 0) {
        const b0 = v128.load(b), b1 = v128.load(b, 16);
        let x = v128.load32_splat(p); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
        x = v128.load32_splat(p, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
        x = v128.load32_splat(p, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
        x = v128.load32_splat(p, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
        p += step; b += 32; k--;
      }
      line += lineStride;
    }
    a += blockStride;
    blocks--;
  }
  storeRow(c, s00, s01, columns, start, 0);
  if (rows > 1) storeRow(c + ldc, s10, s11, columns, start, 0);
  if (rows > 2) storeRow(c + 2 * ldc, s20, s21, columns, start, 0);
  if (rows > 3) storeRow(c + 3 * ldc, s30, s31, columns, start, 0);
}
