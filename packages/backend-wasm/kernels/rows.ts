// The register tiles: R x 8 sums in vectors of four. V8 hands out fifteen vector registers. With fused multiply-add six
// rows fill them (twelve sums, two vectors of b, one number of a) and keep both of a core's multipliers busy; without, a
// product needs a register of its own and four rows are what fits. These functions are kept bare: with a branch or a
// further loop around the sums, or more than one position a round, V8 of Node 20 moves additions behind later loads and
// keeps sums in memory, and the tile is up to half as fast. So the sums start from memory (`init`, `next` bytes from row
// to row: a row of zeros or of biases with next 0, or the result itself), and all eight columns are stored. A loop inside
// a loop V8 unrolls, which six rows do not bear: theirs is one tile a call, and kernels/index.ts exports them, without
// which the compiler would put them into the loop of their only caller.
import { madd } from "./simd";

/** One tile of six rows: a [6, length], rows lda bytes apart, times b [length][8]; strides in bytes. */
export function sixRows(length: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, init: usize, next: usize): void {
  let s00 = v128.load(init), s01 = v128.load(init, 16); init += next;
  let s10 = v128.load(init), s11 = v128.load(init, 16); init += next;
  let s20 = v128.load(init), s21 = v128.load(init, 16); init += next;
  let s30 = v128.load(init), s31 = v128.load(init, 16); init += next;
  let s40 = v128.load(init), s41 = v128.load(init, 16); init += next;
  let s50 = v128.load(init), s51 = v128.load(init, 16);
  let a1 = a + lda, a2 = a1 + lda, a3 = a2 + lda, a4 = a3 + lda, a5 = a4 + lda;
  for (; length > 0; length--) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
    x = v128.load32_splat(a1); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
    x = v128.load32_splat(a2); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
    x = v128.load32_splat(a3); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
    x = v128.load32_splat(a4); s40 = madd(x, b0, s40); s41 = madd(x, b1, s41);
    x = v128.load32_splat(a5); s50 = madd(x, b0, s50); s51 = madd(x, b1, s51);
    a += 4; a1 += 4; a2 += 4; a3 += 4; a4 += 4; a5 += 4; b += 32;
  }
  v128.store(c, s00); v128.store(c, s01, 16); c += ldc;
  v128.store(c, s10); v128.store(c, s11, 16); c += ldc;
  v128.store(c, s20); v128.store(c, s21, 16); c += ldc;
  v128.store(c, s30); v128.store(c, s31, 16); c += ldc;
  v128.store(c, s40); v128.store(c, s41, 16); c += ldc;
  v128.store(c, s50); v128.store(c, s51, 16);
}

/** `tiles` times four rows, one under the other. */
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
