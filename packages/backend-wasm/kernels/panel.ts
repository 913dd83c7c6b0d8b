// A packed panel of eight columns times all rows of a matrix: six at a time with fused multiply-add, the rest in fours,
// twos and ones.
import { fourColumns, sixColumns, twoColumns } from "./columns";
import { ADD, BIAS, tileOfRows } from "./micro";
import { fourRows, sixRows, twoRows } from "./rows";
import { loadPart, madd, storePart, zeroRow } from "./simd";

/**
 * How many tiles of six: none where their sums are so short that a call is much of it, and no two or three rows are left
 * over where fours can take them.
 */
// @ts-ignore: decorator
@inline
function sixes(rows: i32, length: i32): i32 {
  // @ts-ignore: a constant of the build
  if (!RELAXED || length <= 16) return 0;
  const tiles = rows / 6, left = rows - 6 * tiles;
  return tiles > 0 && (left & 6) == 2 ? tiles - 1 : tiles;
}

/** c [rows, columns] = a [rows, length] b; strides in bytes, columns at most 8. */
export function panelOfRows(
  rows: i32, length: i32, a: usize, lda: usize, b: usize, c: usize, ldc: usize, columns: i32, start: i32, bias: usize,
): void {
  if (columns < 8) {
    narrow(false, rows, length, a, lda, b, c, ldc, columns, start, bias);
    return;
  }
  let init = start == ADD ? c : start == BIAS ? bias : zeroRow();
  const next: usize = start == ADD ? ldc : 0;
  for (let tiles = sixes(rows, length); tiles > 0; tiles--, rows -= 6) {
    sixRows(length, a, lda, b, c, ldc, init, next);
    a += 6 * lda; c += 6 * ldc; init += 6 * next;
  }
  const left = rows & 3, done = rows - left;
  if (done > 0) fourRows(done >> 2, length, a, lda, b, c, ldc, init, next);
  if (left > 0) {
    const from = a + <usize>done * lda, to = c + <usize>done * ldc, first = init + <usize>done * next;
    if (left > 1) twoRows(1, length, from, lda, b, to, ldc, first, next);
    // The last of an odd number of rows twice over.
    if (left & 1) twoRows(1, length, from + <usize>(left - 1) * lda, 0, b, to + <usize>(left - 1) * ldc, 0, first + <usize>(left - 1) * next, 0);
  }
}

/** c [rows, columns] = a' b, the rows of a' lying side by side: a [length][rows], `step` bytes from k to k. */
export function panelOfColumns(
  rows: i32, length: i32, a: usize, step: usize, b: usize, c: usize, ldc: usize, columns: i32, add: bool,
): void {
  if (columns < 8) {
    narrow(true, rows, length, a, step, b, c, ldc, columns, add ? ADD : 0, 0);
    return;
  }
  let init = add ? c : zeroRow();
  const next: usize = add ? ldc : 0;
  let from = a, to = c;
  for (let six = sixes(rows, length); six > 0; six--, rows -= 6) {
    sixColumns(length, from, step, b, to, ldc, init, next);
    from += 24; to += 6 * ldc; init += 6 * next;
  }
  const tiles = rows >> 2;
  if (tiles > 0) {
    fourColumns(tiles, length, from, step, b, to, ldc, init, next);
    from += <usize>tiles << 4; to += <usize>(tiles << 2) * ldc; init += <usize>(tiles << 2) * next;
  }
  if (rows & 2) {
    twoColumns(1, length, from, step, b, to, ldc, init, next);
    from += 8; to += ldc << 1; init += next << 1;
  }
  if (rows & 1) { // one row: sums position by position
    let s0 = v128.load(init), s1 = v128.load(init, 16);
    for (let k = 0, q = from, p = b; k < length; k++, q += step, p += 32) {
      const x = v128.load32_splat(q);
      s0 = madd(x, v128.load(p), s0);
      s1 = madd(x, v128.load(p, 16), s1);
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
  }
}

/** Fewer than eight columns: eight are computed aside, a few rows at a time, and those that count are taken over. */
function narrow(
  turned: bool, rows: i32, length: i32, a: usize, step: usize, b: usize, c: usize, ldc: usize, columns: i32,
  start: i32, bias: usize,
): void {
  const aside = zeroRow() + 64; // 12 rows of 8
  const high = columns - 4;
  for (let done = 0; done < rows; done += 12) {
    const count = min(12, rows - done);
    if (turned) panelOfColumns(count, length, a + (<usize>done << 2), step, b, aside, 32, 8, false);
    else panelOfRows(count, length, a + <usize>done * step, step, b, aside, 32, 8, 0, 0);
    for (let r = 0, q = aside; r < count; r++, q += 32) {
      const to = c + <usize>(done + r) * ldc;
      const from = start == ADD ? to : bias;
      let low = v128.load(q);
      if (start) low = f32x4.add(low, high >= 0 ? v128.load(from) : loadPart(from, columns));
      if (high < 0) {
        storePart(to, low, columns);
        continue;
      }
      v128.store(to, low);
      if (high > 0) {
        let rest = v128.load(q, 16);
        if (start) rest = f32x4.add(rest, loadPart(from + 16, high));
        storePart(to + 16, rest, high);
      }
    }
  }
}

/** Pixels of a convolution: pixel i reads at source + table[2 i] and writes at target + table[2 i + 1]. */
export function panelOfPixels(
  pixels: i32, table: usize, segments: i32, length: i32, stride: usize,
  source: usize, b: usize, target: usize, columns: i32, start: i32, bias: usize,
): void {
  for (; pixels >= 4; pixels -= 4) {
    tileOfRows(4, segments, length, stride,
      source + load<u32>(table), source + load<u32>(table, 8), source + load<u32>(table, 16), source + load<u32>(table, 24), b,
      target + load<u32>(table, 4), target + load<u32>(table, 12), target + load<u32>(table, 20), target + load<u32>(table, 28),
      columns, start, bias);
    table += 32;
  }
  for (; pixels > 0; pixels--) {
    const a0 = source + load<u32>(table), c0 = target + load<u32>(table, 4);
    tileOfRows(1, segments, length, stride, a0, a0, a0, a0, b, c0, c0, c0, c0, columns, start, bias);
    table += 8;
  }
}
