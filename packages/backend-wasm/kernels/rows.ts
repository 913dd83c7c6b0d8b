// The register tiles: R x 8 sums in vectors of four. With six rows the twelve sums, two vectors of b and one of a fill
// V8's fifteen vector registers and hide the latency of a fused addition. These functions are kept bare: with branches or
// further loops around the sums, V8 keeps some of them in memory and the tile runs at half the speed. So the sums start
// from memory (`init`, `next` bytes from row to row: a row of zeros or of biases with next 0, or the result itself),
// lengths are multiples of four, and all eight columns are stored.
import { madd } from "./simd";

/** `tiles` times six rows: a [6, length], rows lda bytes apart, times b [length][8]; strides in bytes. */
export function sixRows(tiles: i32, length: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, init: usize, next: usize): void {
  for (; tiles > 0; tiles--) {
    let i = init;
    let s00 = v128.load(i), s01 = v128.load(i, 16); i += next;
    let s10 = v128.load(i), s11 = v128.load(i, 16); i += next;
    let s20 = v128.load(i), s21 = v128.load(i, 16); i += next;
    let s30 = v128.load(i), s31 = v128.load(i, 16); i += next;
    let s40 = v128.load(i), s41 = v128.load(i, 16); i += next;
    let s50 = v128.load(i), s51 = v128.load(i, 16);
    let a0 = a, a1 = a0 + lda, a2 = a1 + lda, a3 = a2 + lda, a4 = a3 + lda, a5 = a4 + lda, p = b;
    a = a5 + lda;
    for (let k = length; k > 0; k -= 4) {
      let b0 = v128.load(p), b1 = v128.load(p, 16);
      let x = v128.load32_splat(a0); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      x = v128.load32_splat(a4); s40 = madd(x, b0, s40); s41 = madd(x, b1, s41);
      x = v128.load32_splat(a5); s50 = madd(x, b0, s50); s51 = madd(x, b1, s51);
      b0 = v128.load(p, 32); b1 = v128.load(p, 48);
      x = v128.load32_splat(a0, 4); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2, 4); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3, 4); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      x = v128.load32_splat(a4, 4); s40 = madd(x, b0, s40); s41 = madd(x, b1, s41);
      x = v128.load32_splat(a5, 4); s50 = madd(x, b0, s50); s51 = madd(x, b1, s51);
      b0 = v128.load(p, 64); b1 = v128.load(p, 80);
      x = v128.load32_splat(a0, 8); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 8); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3, 8); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      x = v128.load32_splat(a4, 8); s40 = madd(x, b0, s40); s41 = madd(x, b1, s41);
      x = v128.load32_splat(a5, 8); s50 = madd(x, b0, s50); s51 = madd(x, b1, s51);
      b0 = v128.load(p, 96); b1 = v128.load(p, 112);
      x = v128.load32_splat(a0, 12); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 12); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a2, 12); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a3, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      x = v128.load32_splat(a4, 12); s40 = madd(x, b0, s40); s41 = madd(x, b1, s41);
      x = v128.load32_splat(a5, 12); s50 = madd(x, b0, s50); s51 = madd(x, b1, s51);
      a0 += 16; a1 += 16; a2 += 16; a3 += 16; a4 += 16; a5 += 16; p += 128;
    }
    init += 6 * next;
    v128.store(c, s00); v128.store(c, s01, 16); c += ldc;
    v128.store(c, s10); v128.store(c, s11, 16); c += ldc;
    v128.store(c, s20); v128.store(c, s21, 16); c += ldc;
    v128.store(c, s30); v128.store(c, s31, 16); c += ldc;
    v128.store(c, s40); v128.store(c, s41, 16); c += ldc;
    v128.store(c, s50); v128.store(c, s51, 16); c += ldc;
  }
}

export function twoRows(tiles: i32, length: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, init: usize, next: usize): void {
  for (; tiles > 0; tiles--) {
    let i = init;
    let s00 = v128.load(i), s01 = v128.load(i, 16); i += next;
    let s10 = v128.load(i), s11 = v128.load(i, 16);
    let a0 = a, a1 = a0 + lda, p = b;
    a = a1 + lda;
    for (let k = length; k > 0; k -= 4) {
      let b0 = v128.load(p), b1 = v128.load(p, 16);
      let x = v128.load32_splat(a0); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      b0 = v128.load(p, 32); b1 = v128.load(p, 48);
      x = v128.load32_splat(a0, 4); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      b0 = v128.load(p, 64); b1 = v128.load(p, 80);
      x = v128.load32_splat(a0, 8); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 8); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      b0 = v128.load(p, 96); b1 = v128.load(p, 112);
      x = v128.load32_splat(a0, 12); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a1, 12); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      a0 += 16; a1 += 16; p += 128;
    }
    init += 2 * next;
    v128.store(c, s00); v128.store(c, s01, 16); c += ldc;
    v128.store(c, s10); v128.store(c, s11, 16); c += ldc;
  }
}
