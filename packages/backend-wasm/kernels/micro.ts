// The register tile of a convolution: R x 8 sums, R at most 4 and a constant wherever it is called, so that each call is
// compiled for its R alone.
import { madd } from "./simd";

// What a tile's sums start from.
export const FRESH: i32 = 0; // zero
export const ADD: i32 = 1; // what the result already holds
export const BIAS: i32 = 2; // a row of 8 values, the same for each row

/** Puts a row of sums into the result, 8 columns or fewer of it. */
// @ts-ignore: decorator
@inline
function storeRow(c: usize, v0: v128, v1: v128, columns: i32, start: i32, bias: usize): void {
  if (columns == 8) {
    if (start != FRESH) {
      const from = start == ADD ? c : bias;
      v0 = f32x4.add(v0, v128.load(from));
      v1 = f32x4.add(v1, v128.load(from, 16));
    }
    v128.store(c, v0);
    v128.store(c, v1, 16);
  } else {
    storeTail(c, v0, v1, columns, start, start == ADD ? c : bias);
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
 * R rows through R pointers, `segments` pieces of `length` floats that lie `stride` bytes apart (the rows of a filter
 * over a padded image; one segment for a matrix), times a packed panel b [segments length][8].
 */
// @ts-ignore: decorator
@inline
export function tileOfRows(
  R: i32, segments: i32, length: i32, stride: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize,
  c0: usize, c1: usize, c2: usize, c3: usize, columns: i32, start: i32, bias: usize,
): void {
  const zero = f32x4.splat(0);
  let s00 = zero, s01 = zero, s10 = zero, s11 = zero, s20 = zero, s21 = zero, s30 = zero, s31 = zero;
  const jump = stride - (<usize>length << 2);
  for (; segments > 0; segments--) {
    for (let k = length; k > 0; k--) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load32_splat(a0); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      if (R > 1) { x = v128.load32_splat(a1); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11); }
      if (R > 2) { x = v128.load32_splat(a2); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21); }
      if (R > 3) { x = v128.load32_splat(a3); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31); }
      a0 += 4; a1 += 4; a2 += 4; a3 += 4; b += 32;
    }
    a0 += jump; a1 += jump; a2 += jump; a3 += jump;
  }
  storeRow(c0, s00, s01, columns, start, bias);
  if (R > 1) storeRow(c1, s10, s11, columns, start, bias);
  if (R > 2) storeRow(c2, s20, s21, columns, start, bias);
  if (R > 3) storeRow(c3, s30, s31, columns, start, bias);
}
