// c [m, n] = op(a) op(b), blocked so that a panel of b stays in the first-level cache (Goto & van de Geijn 2008).
import { ADD, BIAS, FRESH, panelOfRows, tileOfQuads, tileOfRows } from "./micro";
import { packColumns, packRows } from "./pack";
import { reserve } from "./simd";

const KC: i32 = 512; // 16 KiB a panel of b
const NC: i32 = 512;
const MC: i32 = 64;

export function gemmScratch(): usize {
  return <usize>(KC * (NC + 8) + KC * MC) << 2;
}

/** Strides in floats. bias: 0 or a row of n values to start from; add: start from c. */
export function gemm(
  ta: i32, tb: i32, m: i32, n: i32, k: i32, a: usize, lda: i32, b: usize, ldb: i32, c: usize, ldc: i32,
  bias: usize, add: i32, scratch: usize,
): void {
  const la = <usize>lda << 2, lb = <usize>ldb << 2, lc = <usize>ldc << 2;
  const packedA = scratch + (<usize>(KC * (NC + 8)) << 2);
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc = 0, kc = 0; pc < k || pc == 0; pc += max(kc, 1)) {
      kc = k - pc;
      if (kc > KC) kc = kc < 2 * KC ? (kc + 1) >> 1 : KC; // no thin last block
      const panel = <usize>kc << 5;
      if (tb) packRows(kc, nc, b + <usize>jc * lb + (<usize>pc << 2), lb, scratch, panel, 8);
      else packColumns(kc, nc, b + <usize>pc * lb + (<usize>jc << 2), lb, scratch, panel, 8);
      const start = pc > 0 || add ? ADD : bias ? BIAS : FRESH;
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        if (ta) packColumns(kc, mc, a + <usize>pc * la + (<usize>ic << 2), la, packedA, <usize>kc << 4, 4);
        const rowsOfA = a + <usize>ic * la + (<usize>pc << 2);
        for (let j = 0; j < nc; j += 8) {
          const bp = scratch + <usize>(j >> 3) * panel;
          const bj = bias + (<usize>(jc + j) << 2);
          const columns = min(8, nc - j);
          let ci = c + <usize>ic * lc + (<usize>(jc + j) << 2);
          let i = 0;
          if (!ta && start != ADD && columns == 8 && (kc & 3) == 0) {
            i = mc & ~3;
            panelOfRows(i, kc, rowsOfA, la, bp, ci, lc, start == BIAS ? bj : 0);
            ci += <usize>i * lc;
          }
          for (; i < mc; i += 4) {
            const rows = min(4, mc - i);
            if (ta) {
              // tileOfQuads knows no bias: start from a copy of it.
              if (start == BIAS) for (let r = 0; r < rows; r++) memory.copy(ci + <usize>r * lc, bj, columns << 2);
              tileOfQuads(1, 0, 1, 0, kc, 16, packedA + <usize>(i >> 2) * (<usize>kc << 4), bp, ci, lc, rows, columns, start == FRESH ? FRESH : ADD);
            } else {
              const a0 = rowsOfA + <usize>i * la;
              const r1: usize = rows > 1 ? la : 0, r2: usize = rows > 2 ? la << 1 : 0, r3: usize = rows > 3 ? la * 3 : 0;
              tileOfRows(1, kc, 0, a0, a0 + r1, a0 + r2, a0 + r3, bp, ci, ci + lc, ci + 2 * lc, ci + 3 * lc, rows, columns, start, bj);
            }
            ci += 4 * lc;
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
