// Softmax attention head by head in blocks of rows: the T x S matrix never exists as a whole. The gradient makes each
// block again from the saved log of the row sums (Dao et al. 2022).
import { gemm, gemmScratch } from "./gemm";
import { exp4, expBelow4, loadPart, madd, maxAcross, reserve, storePart, sumLanes } from "./simd";

// @ts-ignore: decorator
@inline
function blockRows(t: i32, s: i32): i32 {
  return min(t, max(16, 65536 / max(1, s)));
}

/** Rows of scores -> probabilities in place; returns log sum exp(scale score) of a row through `logSum`. */
function softmaxRows(p: usize, rows: i32, s: i32, scale: f32, logSum: usize, logStride: usize): void {
  const factor = f32x4.splat(scale);
  for (let r = 0; r < rows; r++) {
    let top = f32x4.splat(-Infinity);
    let i = 0;
    for (; i + 4 <= s; i += 4) {
      const v = f32x4.mul(v128.load(p + (<usize>i << 2)), factor);
      v128.store(p + (<usize>i << 2), v);
      top = f32x4.pmax(top, v);
    }
    let high = f32x4.extract_lane(maxAcross(top), 0);
    for (; i < s; i++) {
      const v = load<f32>(p + (<usize>i << 2)) * scale;
      store<f32>(p + (<usize>i << 2), v);
      high = max(high, v);
    }
    const shift = f32x4.splat(high);
    let sums = f32x4.splat(0);
    for (i = 0; i + 4 <= s; i += 4) {
      const e = expBelow4(f32x4.sub(v128.load(p + (<usize>i << 2)), shift));
      v128.store(p + (<usize>i << 2), e);
      sums = f32x4.add(sums, e);
    }
    let sum = sumLanes(sums);
    for (; i < s; i++) {
      const e = f32x4.extract_lane(expBelow4(f32x4.splat(load<f32>(p + (<usize>i << 2)) - high)), 0);
      store<f32>(p + (<usize>i << 2), e);
      sum += e;
    }
    const inverse = f32x4.splat(1 / sum);
    for (i = 0; i < s; i += 4) {
      const q = p + (<usize>i << 2), left = s - i;
      if (left >= 4) v128.store(q, f32x4.mul(v128.load(q), inverse));
      else storePart(q, f32x4.mul(loadPart(q, left), inverse), left);
    }
    store<f32>(logSum, high + <f32>Math.log(<f64>sum));
    logSum += logStride;
    p += <usize>s << 2;
  }
}

/** q [b, t, c], k [b, s, c], v [b, s, d] -> y [b, t, d] and logSum [b, heads, t]. */
export function attention(
  q: usize, k: usize, v: usize, y: usize, logSum: usize, b: i32, t: i32, s: i32, c: i32, d: i32, heads: i32, scale: f32,
): void {
  const block = blockRows(t, s), hc = c / heads, hd = d / heads;
  const scratch = reserve(gemmScratch() + (<usize>block * s << 2));
  const p = scratch + gemmScratch();
  for (let i = 0; i < b; i++) {
    for (let h = 0; h < heads; h++) {
      const kh = k + (<usize>((i * s) * c + h * hc) << 2), vh = v + (<usize>((i * s) * d + h * hd) << 2);
      for (let t0 = 0; t0 < t; t0 += block) {
        const rows = min(block, t - t0);
        gemm(0, 1, rows, s, hc, q + (<usize>((i * t + t0) * c + h * hc) << 2), c, kh, c, p, s, 0, 0, scratch);
        softmaxRows(p, rows, s, scale, logSum + (<usize>((i * heads + h) * t + t0) << 2), 4);
        gemm(0, 0, rows, hd, s, p, s, vh, d, y + (<usize>((i * t + t0) * d + h * hd) << 2), d, 0, 0, scratch);
      }
    }
  }
}

/** With P the probabilities: dv = P' dy, dS = P (dy v' - rowsum(dy y)) scale, dq = dS k, dk = dS' q. */
export function attentionGradient(
  q: usize, k: usize, v: usize, y: usize, logSum: usize, dy: usize, dq: usize, dk: usize, dv: usize,
  b: i32, t: i32, s: i32, c: i32, d: i32, heads: i32, scale: f32,
): void {
  const block = blockRows(t, s), hc = c / heads, hd = d / heads;
  const area = <usize>block * s << 2;
  const scratch = reserve(gemmScratch() + 2 * area);
  const p = scratch + gemmScratch(), dp = p + area;
  for (let i = 0; i < b; i++) {
    for (let h = 0; h < heads; h++) {
      const kOffset = <usize>((i * s) * c + h * hc) << 2, vOffset = <usize>((i * s) * d + h * hd) << 2;
      for (let t0 = 0; t0 < t; t0 += block) {
        const rows = min(block, t - t0);
        const later = t0 > 0 ? 1 : 0;
        const qOffset = <usize>((i * t + t0) * c + h * hc) << 2, yOffset = <usize>((i * t + t0) * d + h * hd) << 2;
        gemm(0, 1, rows, s, hc, q + qOffset, c, k + kOffset, c, p, s, 0, 0, scratch);
        gemm(0, 1, rows, s, hd, dy + yOffset, d, v + vOffset, d, dp, s, 0, 0, scratch);
        scoreGradient(p, dp, rows, s, scale, logSum + (<usize>((i * heads + h) * t + t0) << 2), y + yOffset, dy + yOffset, d, hd);
        gemm(1, 0, s, hd, rows, p, s, dy + yOffset, d, dv + vOffset, d, 0, later, scratch);
        gemm(0, 0, rows, hc, s, dp, s, k + kOffset, c, dq + qOffset, c, 0, 0, scratch);
        gemm(1, 0, s, hc, rows, dp, s, q + qOffset, c, dk + kOffset, c, 0, later, scratch);
      }
    }
  }
}

/** Scores in p -> probabilities; dP in dp -> dS. */
function scoreGradient(p: usize, dp: usize, rows: i32, s: i32, scale: f32, logSum: usize, y: usize, dy: usize, ld: i32, width: i32): void {
  const factor = f32x4.splat(scale);
  for (let r = 0; r < rows; r++) {
    let dot: f32 = 0;
    for (let j = 0; j < width; j++) dot += load<f32>(y + (<usize>j << 2)) * load<f32>(dy + (<usize>j << 2));
    const shift = f32x4.splat(-load<f32>(logSum)), mean = f32x4.splat(dot);
    let i = 0;
    for (; i + 4 <= s; i += 4) {
      const e = exp4(madd(v128.load(p), factor, shift));
      v128.store(p, e);
      v128.store(dp, f32x4.mul(f32x4.mul(e, factor), f32x4.sub(v128.load(dp), mean)));
      p += 16; dp += 16;
    }
    if (i < s) {
      const left = s - i;
      const e = exp4(madd(loadPart(p, left), factor, shift));
      storePart(p, e, left);
      storePart(dp, f32x4.mul(f32x4.mul(e, factor), f32x4.sub(loadPart(dp, left), mean)), left);
      p += <usize>left << 2; dp += <usize>left << 2;
    }
    logSum += 4;
    y += <usize>ld << 2; dy += <usize>ld << 2;
  }
}
