// The register tiles of rows.ts for rows that lie side by side: a [k][rows], `step` bytes from one k to the next.
import { madd } from "./simd";

/** One tile of six rows: a [length][6], times b [length][8]; strides in bytes. */
export function sixColumns(length: i32, a: usize, step: usize, b: usize, c: usize, ldc: usize, init: usize, next: usize): void {
  let s00 = v128.load(init), s01 = v128.load(init, 16); init += next;
  let s10 = v128.load(init), s11 = v128.load(init, 16); init += next;
  let s20 = v128.load(init), s21 = v128.load(init, 16); init += next;
  let s30 = v128.load(init), s31 = v128.load(init, 16); init += next;
  let s40 = v128.load(init), s41 = v128.load(init, 16); init += next;
  let s50 = v128.load(init), s51 = v128.load(init, 16);
  for (; length > 0; length--) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
    x = v128.load32_splat(a, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
    x = v128.load32_splat(a, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
    x = v128.load32_splat(a, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
    x = v128.load32_splat(a, 16); s40 = madd(x, b0, s40); s41 = madd(x, b1, s41);
    x = v128.load32_splat(a, 20); s50 = madd(x, b0, s50); s51 = madd(x, b1, s51);
    a += step; b += 32;
  }
  v128.store(c, s00); v128.store(c, s01, 16); c += ldc;
  v128.store(c, s10); v128.store(c, s11, 16); c += ldc;
  v128.store(c, s20); v128.store(c, s21, 16); c += ldc;
  v128.store(c, s30); v128.store(c, s31, 16); c += ldc;
  v128.store(c, s40); v128.store(c, s41, 16); c += ldc;
  v128.store(c, s50); v128.store(c, s51, 16);
}

/** `tiles` times four rows, side by side. */
export function fourColumns(tiles: i32, length: i32, a: usize, step: usize, b: usize, c: usize, ldc: usize, init: usize, next: usize): void {
  for (; tiles > 0; tiles--) {
    let i = init;
    let s00 = v128.load(i), s01 = v128.load(i, 16); i += next;
    let s10 = v128.load(i), s11 = v128.load(i, 16); i += next;
    let s20 = v128.load(i), s21 = v128.load(i, 16); i += next;
    let s30 = v128.load(i), s31 = v128.load(i, 16);
    let q = a, p = b;
    for (let k = length; k > 0; k--) {
      const b0 = v128.load(p), b1 = v128.load(p, 16);
      let x = v128.load32_splat(q); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(q, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(q, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(q, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      q += step; p += 32;
    }
    a += 16;
    init += next << 2;
    v128.store(c, s00); v128.store(c, s01, 16); c += ldc;
    v128.store(c, s10); v128.store(c, s11, 16); c += ldc;
    v128.store(c, s20); v128.store(c, s21, 16); c += ldc;
    v128.store(c, s30); v128.store(c, s31, 16); c += ldc;
  }
}

/** The same for two rows. */
export function twoColumns(tiles: i32, length: i32, a: usize, step: usize, b: usize, c: usize, ldc: usize, init: usize, next: usize): void {
  for (; tiles > 0; tiles--) {
    let i = init;
    let s00 = v128.load(i), s01 = v128.load(i, 16); i += next;
    let s10 = v128.load(i), s11 = v128.load(i, 16);
    let q = a, p = b;
    for (let k = length; k > 0; k--) {
      const b0 = v128.load(p), b1 = v128.load(p, 16);
      let x = v128.load32_splat(q); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(q, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      q += step; p += 32;
    }
    a += 8;
    init += next << 1;
    v128.store(c, s00); v128.store(c, s01, 16); c += ldc;
    v128.store(c, s10); v128.store(c, s11, 16); c += ldc;
  }
}
