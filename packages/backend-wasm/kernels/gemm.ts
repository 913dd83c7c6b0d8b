// c [m, n] = op(a) op(b), blocked so that a panel of b stays in the first-level cache (Goto & van de Geijn 2008).
import { ADD, BIAS, FRESH } from "./micro";
import { packColumns, packRows } from "./pack";
import { panelOfColumns, panelOfRows } from "./panel";
import { copyFloats, reserve } from "./simd";

const KC: i32 = 512; // 16 KiB a panel of b
const KT: i32 = 256; // where a is transposed: its columns take a line of the cache for each k
const NC: i32 = 512;
const MC: i32 = 96;

export function gemmScratch(): usize {
  return <usize>(KC * (NC + 8) + KT * (MC + 16)) << 2;
}

/** Strides in floats. bias: 0 or a row of n values to start from; add: start from c. */
export function gemm(
  ta: i32, tb: i32, m: i32, n: i32, k: i32, a: usize, lda: i32, b: usize, ldb: i32, c: usize, ldc: i32,
  bias: usize, add: i32, scratch: usize,
): void {
  const la = <usize>lda << 2, lb = <usize>ldb << 2, lc = <usize>ldc << 2;
  const spread = scratch + (<usize>(KC * (NC + 8)) << 2);
  const most = ta ? KT : KC;
  // Columns of a that lie a multiple of 256 bytes apart share a few sets of the cache: copy them to an odd distance.
  const copied = ta && (lda & 63) == 0;
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc = 0, kc = 0; pc < k || pc == 0; pc += max(kc, 1)) {
      kc = k - pc;
      if (kc > most) kc = kc < 2 * most ? (kc + 1) >> 1 : most; // no thin last block
      const panel = <usize>kc << 5;
      if (tb) packRows(kc, nc, b + <usize>jc * lb + (<usize>pc << 2), lb, scratch, panel, 8);
      else packColumns(kc, nc, b + <usize>pc * lb + (<usize>jc << 2), lb, scratch, panel, 8);
      let start = pc > 0 || add ? ADD : bias ? BIAS : FRESH;
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        const rowsOfC = c + <usize>ic * lc + (<usize>jc << 2);
        if (ta) {
          let from = a + <usize>pc * la + (<usize>ic << 2), step = la;
          if (copied) {
            step = <usize>(mc + 16) << 2;
            for (let p = 0; p < kc; p++) copyFloats(from + <usize>p * la, spread + <usize>p * step, mc);
            from = spread;
          }
          if (start == BIAS) { // these tiles know no bias: start from a copy of it
            for (let r = 0; r < mc; r++) memory.copy(rowsOfC + <usize>r * lc, bias + (<usize>jc << 2), nc << 2);
          }
          for (let j = 0; j < nc; j += 8) {
            panelOfColumns(mc, kc, from, step, scratch + <usize>(j >> 3) * panel, rowsOfC + (<usize>j << 2), lc,
              min(8, nc - j), start != FRESH);
          }
        } else {
          const from = a + <usize>ic * la + (<usize>pc << 2);
          for (let j = 0; j < nc; j += 8) {
            panelOfRows(mc, kc, from, la, scratch + <usize>(j >> 3) * panel, rowsOfC + (<usize>j << 2), lc,
              min(8, nc - j), start, bias + (<usize>(jc + j) << 2));
          }
        }
      }
    }
  }
}

/** A batch of products; strideA, strideB and strideC in floats, 0 repeats one matrix. */
export function matMul(
  ta: i32, tb: i32, batch: i32, m: i32, n: i32, k: i32,
  a: usize, strideA: i32, b: usize, strideB: i32, c: usize, bias: usize,
): void {
  const scratch = reserve(gemmScratch());
  const lda = ta ? m : k, ldb = tb ? k : n;
  for (let i = 0; i < batch; i++) {
    gemm(ta, tb, m, n, k, a + (<usize>i * strideA << 2), lda, b + (<usize>i * strideB << 2), ldb, c + (<usize>i * m * n << 2), n, bias, 0, scratch);
  }
}
