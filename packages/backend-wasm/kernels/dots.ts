// Convolutions with few results a pixel, where a panel of eight columns would be mostly empty: sums run over vectors of
// the filter instead, and a vector of the filter serves six pixels.
import { madd, sumLanes } from "./simd";

/** Columns up to which this is faster than a panel. */
export const FEW: i32 = 2;

/** Filter [k, columns] -> [columns, k], for dots. */
export function turnFilter(filter: usize, k: i32, columns: i32, to: usize): void {
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < k; i++, to += 4) store<f32>(to, load<f32>(filter + (<usize>(i * columns + j) << 2)));
  }
}

/**
 * One column for all pixels of a table as in panelOfPixels; b [segments, length] holds the column's filter; lengths are
 * multiples of four. start: the bias.
 */
export function dotsOfPixels(
  pixels: i32, table: usize, segments: i32, length: i32, stride: usize, source: usize, b: usize, target: usize, start: f32,
): void {
  for (; pixels >= 6; pixels -= 6, table += 48) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
    let a0 = source + load<u32>(table), a1 = source + load<u32>(table, 8), a2 = source + load<u32>(table, 16);
    let a3 = source + load<u32>(table, 24), a4 = source + load<u32>(table, 32), a5 = source + load<u32>(table, 40);
    let p = b;
    const jump = stride - (<usize>length << 2);
    for (let s = segments; s > 0; s--) {
      for (let k = length; k > 0; k -= 4) {
        const f = v128.load(p);
        s0 = madd(v128.load(a0), f, s0); s1 = madd(v128.load(a1), f, s1); s2 = madd(v128.load(a2), f, s2);
        s3 = madd(v128.load(a3), f, s3); s4 = madd(v128.load(a4), f, s4); s5 = madd(v128.load(a5), f, s5);
        a0 += 16; a1 += 16; a2 += 16; a3 += 16; a4 += 16; a5 += 16; p += 16;
      }
      a0 += jump; a1 += jump; a2 += jump; a3 += jump; a4 += jump; a5 += jump;
    }
    store<f32>(target + load<u32>(table, 4), sumLanes(s0) + start);
    store<f32>(target + load<u32>(table, 12), sumLanes(s1) + start);
    store<f32>(target + load<u32>(table, 20), sumLanes(s2) + start);
    store<f32>(target + load<u32>(table, 28), sumLanes(s3) + start);
    store<f32>(target + load<u32>(table, 36), sumLanes(s4) + start);
    store<f32>(target + load<u32>(table, 44), sumLanes(s5) + start);
  }
  for (; pixels > 0; pixels--, table += 8) {
    let sum = f32x4.splat(0), p = b, a = source + load<u32>(table);
    for (let s = segments; s > 0; s--, a += stride) {
      for (let o: usize = 0; o < <usize>length << 2; o += 16, p += 16) sum = madd(v128.load(a + o), v128.load(p), sum);
    }
    store<f32>(target + load<u32>(table, 4), sumLanes(sum) + start);
  }
}

/**
 * out [rows] += sum over `length` positions of y, one number a position `yStep` bytes apart, times a [rows], `step` bytes
 * apart: the filter's gradient where there is one result a pixel. rows: a multiple of four.
 */
export function sumOfColumns(rows: i32, length: i32, a: usize, step: usize, y: usize, yStep: usize, out: usize): void {
  for (; rows >= 24; rows -= 24, a += 96, out += 96) {
    let s0 = v128.load(out), s1 = v128.load(out, 16), s2 = v128.load(out, 32);
    let s3 = v128.load(out, 48), s4 = v128.load(out, 64), s5 = v128.load(out, 80);
    for (let k = length, p = a, q = y; k > 0; k--, p += step, q += yStep) {
      const f = v128.load32_splat(q);
      s0 = madd(v128.load(p), f, s0); s1 = madd(v128.load(p, 16), f, s1); s2 = madd(v128.load(p, 32), f, s2);
      s3 = madd(v128.load(p, 48), f, s3); s4 = madd(v128.load(p, 64), f, s4); s5 = madd(v128.load(p, 80), f, s5);
    }
    v128.store(out, s0); v128.store(out, s1, 16); v128.store(out, s2, 32);
    v128.store(out, s3, 48); v128.store(out, s4, 64); v128.store(out, s5, 80);
  }
  for (; rows > 0; rows -= 4, a += 16, out += 16) {
    let s = v128.load(out);
    for (let k = length, p = a, q = y; k > 0; k--, p += step, q += yStep) s = madd(v128.load(p), v128.load32_splat(q), s);
    v128.store(out, s);
  }
}
