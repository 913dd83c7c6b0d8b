// Copies of a matrix in the order in which a register tile reads it.
import { loadPart } from "./simd";

/** Panels [ceil(n / width)][k][width] of a matrix stored k x n (row stride ld bytes); width 4 or 8, zeros at the end. */
export function packColumns(k: i32, n: i32, from: usize, ld: usize, to: usize, panelStride: usize, width: i32): void {
  for (let j = 0; j < n; j += width) {
    const count = min(width, n - j);
    let source = from + (<usize>j << 2), target = to;
    if (count == width && width == 8) {
      for (let p = 0; p < k; p++) {
        v128.store(target, v128.load(source));
        v128.store(target, v128.load(source, 16), 16);
        source += ld; target += 32;
      }
    } else if (count == width) {
      for (let p = 0; p < k; p++) {
        v128.store(target, v128.load(source));
        source += ld; target += 16;
      }
    } else {
      for (let p = 0; p < k; p++) {
        for (let q = 0; q < width; q += 4) {
          const left = count - q;
          const v = left >= 4 ? v128.load(source + (q << 2)) : left > 0 ? loadPart(source + (q << 2), left) : f32x4.splat(0);
          v128.store(target + (q << 2), v);
        }
        source += ld; target += <usize>width << 2;
      }
    }
    to += panelStride;
  }
}

/** The same panels of a matrix stored n x k: transposed in 4 x 4 blocks. */
export function packRows(k: i32, n: i32, from: usize, ld: usize, to: usize, panelStride: usize, width: i32): void {
  const step = <usize>width << 2;
  for (let j = 0; j < n; j += width) {
    const count = min(width, n - j);
    const source = from + <usize>j * ld;
    for (let h = 0; h < width; h += 4) packFour(k, min(4, count - h), source + <usize>h * ld, ld, to + (h << 2), step);
    to += panelStride;
  }
}

function packFour(k: i32, count: i32, from: usize, ld: usize, to: usize, step: usize): void {
  let p = 0;
  if (count == 4) {
    for (; p + 4 <= k; p += 4) {
      const r0 = v128.load(from), r1 = v128.load(from + ld), r2 = v128.load(from + 2 * ld), r3 = v128.load(from + 3 * ld);
      const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f64>(t0, t2, 0, 2));
      v128.store(to + step, v128.shuffle<f64>(t0, t2, 1, 3));
      v128.store(to + 2 * step, v128.shuffle<f64>(t1, t3, 0, 2));
      v128.store(to + 3 * step, v128.shuffle<f64>(t1, t3, 1, 3));
      from += 16; to += 4 * step;
    }
  }
  for (; p < k; p++) {
    for (let q = 0; q < 4; q++) store<f32>(to + (q << 2), q < count ? load<f32>(from + <usize>q * ld) : 0);
    from += 4; to += step;
  }
}
