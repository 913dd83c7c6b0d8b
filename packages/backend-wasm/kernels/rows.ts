// The register tiles: R x 8 sums in vectors of four. With four rows the eight sums hide the latency of a fused addition and
// leave room in V8's fifteen vector registers for two vectors of b and four of a. These functions are kept bare: with a
// branch or a further loop around the sums, more rows, or more than one position a round, V8 of Node 20 moves additions
// behind later loads and keeps sums in memory, and the tile is up to half as fast. So the sums start from memory (`init`,
// `next` bytes from row to row: a row of zeros or of biases with next 0, or the result itself), and all eight columns are
// stored.
import { madd } from "./simd";

/** `tiles` times four rows: a [4, length], rows lda bytes apart, times b [length][8]; strides in bytes. */
export function fourRows(tiles: i32, length: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, init: usize, next: usize): void {
  for (; tiles > 0; tiles--) {
    let i = init;
    let s00 = v128.load(i), s01 = v128.load(i, 16); i += next;
    let s10 = v128.load(i), s11 = v128.load(i, 16); i += next;
    let s20 = v128.load(i), s21 = v128.load(i, 16); i += next;
    let s30 = v128.load(i), s31 = v128.load(i, 16);
    let a0 = a, a1 = a0 + lda, a2 = a1 + lda, a3 = a2 + lda, p = b;
    a = a3 + lda;
    for (let k = length; k > 0; k--) {
      const b0 = v128.load(p), b1 = v128.load(p, 16);
      let x = v128.load32_splat(a0); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      a0 += 4; a1 += 4; a2 += 4; a3 += 4; p += 32;
    }
    init += next << 2;
    v128.store(c, s00); v128.store(c, s01, 16); c += ldc;
    v128.store(c, s10); v128.store(c, s11, 16); c += ldc;
    v128.store(c, s20); v128.store(c, s21, 16); c += ldc;
    v128.store(c, s30); v128.store(c, s31, 16); c += ldc;
  }
}

/** The same for two rows. */
export function twoRows(tiles: i32, length: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, init: usize, next: usize): void {
  for (; tiles > 0; tiles--) {
    let i = init;
    let s00 = v128.load(i), s01 = v128.load(i, 16); i += next;
    let s10 = v128.load(i), s11 = v128.load(i, 16);
    let a0 = a, a1 = a0 + lda, p = b;
    a = a1 + lda;
    for (let k = length; k > 0; k--) {
      const b0 = v128.load(p), b1 = v128.load(p, 16);
      let x = v128.load32_splat(a0); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      a0 += 4; a1 += 4; p += 32;
    }
    init += next << 1;
    v128.store(c, s00); v128.store(c, s01, 16); c += ldc;
    v128.store(c, s10); v128.store(c, s11, 16); c += ldc;
  }
}
