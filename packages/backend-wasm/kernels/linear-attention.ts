// Linear attention (Shen et al. 2018) with the maps around it: Q is a softmax over a head's channels of X Wq, K one over
// the pixels of X Wk, and the result sum over heads Q (scale K' X Wv) Wo + bias. K' X is one small product for all heads,
// and what follows of it is folded into one matrix M, so that the result is Q M: values and mixed values never exist.
// Pixels are taken in blocks; Q and K exist for a block at a time, or are kept for the gradient.
import { gemm, gemmScratch } from "./gemm";
import { copyFloats, expBelow4, madd, maxAcross, reserve, sumAcross, zeroFloats } from "./simd";

const BLOCK: i32 = 96;

/** state of a sample: largest key [h], 1 / sum of exponentials [h], K' X [h, c], context [h, size], M [h, d]. */
// @ts-ignore: decorator
@inline
function stateLength(h: i32, c: i32, size: i32, d: i32): i32 {
  return h * (2 + c + size + d);
}

/** Floats from a pixel's queries or keys to the next one's: no multiple of 256 bytes, which would share cache sets. */
// @ts-ignore: decorator
@inline
function pixelStride(h: i32): i32 {
  return (h & 63) == 0 ? h + 16 : h;
}

/**
 * Floats a sample that the gradient needs beside the state, where it is not to compute them again: Q [n, stride],
 * exp(key - largest key up to the pixel's block) [n, stride] and that largest key [blocks, h].
 */
export function linearAttentionKept(n: i32, h: i32): i32 {
  return 2 * n * pixelStride(h) + (n + BLOCK - 1) / BLOCK * h;
}

/** Softmax of each head's channels of [count, h], in place; rows `gap` bytes longer than h floats. */
function softmaxHeads(q: usize, gap: usize, count: i32, h: i32, size: i32): void {
  for (; count > 0; count--) {
    for (let heads = h / size; heads > 0; heads--) {
      let top = v128.load(q);
      for (let i = 4; i < size; i += 4) top = f32x4.pmax(top, v128.load(q + (<usize>i << 2)));
      const shift = maxAcross(top);
      let sums = f32x4.splat(0);
      for (let i = 0; i < size; i += 4) {
        const e = expBelow4(f32x4.sub(v128.load(q + (<usize>i << 2)), shift));
        v128.store(q + (<usize>i << 2), e);
        sums = f32x4.add(sums, e);
      }
      const inverse = f32x4.div(f32x4.splat(1), sumAcross(sums));
      for (let i = 0; i < size; i += 4) {
        v128.store(q, f32x4.mul(v128.load(q), inverse));
        q += 16;
      }
    }
    q += gap;
  }
}

/**
 * Keys [count, h] -> exp(key - largest) in place, with the largest of all blocks so far; what was added up before is
 * shrunk by `shrink` [h] where the largest grew.
 */
function exponentials(k: usize, step: usize, largest: usize, sums: usize, shrink: usize, count: i32, h: i32): void {
  const bytes = <usize>h << 2;
  for (let o: usize = 0; o < bytes; o += 16) {
    let top = v128.load(largest + o);
    const before = top;
    for (let p = 0, at = k + o; p < count; p++, at += step) top = f32x4.pmax(top, v128.load(at));
    const factor = expBelow4(f32x4.sub(before, top));
    let sum = f32x4.mul(v128.load(sums + o), factor);
    for (let p = 0, at = k + o; p < count; p++, at += step) {
      const e = expBelow4(f32x4.sub(v128.load(at), top));
      v128.store(at, e);
      sum = f32x4.add(sum, e);
    }
    v128.store(largest + o, top);
    v128.store(shrink + o, factor);
    v128.store(sums + o, sum);
  }
}

/** Each row r of [rows, width] times factors[r], to another place or the same. */
function scaleRows(m: usize, rows: i32, width: i32, factors: usize, to: usize): void {
  for (let r = 0; r < rows; r++) {
    const f = f32x4.splat(load<f32>(factors + (<usize>r << 2)));
    let i = width;
    for (; i >= 4; i -= 4, m += 16, to += 16) v128.store(to, f32x4.mul(f, v128.load(m)));
    for (; i > 0; i--, m += 4, to += 4) store<f32>(to, load<f32>(m) * f32x4.extract_lane(f, 0));
  }
}

/**
 * x [b, n, c], qkv [c, 3 h], out [h, d], bias 0 or [d] -> y [b, n, d], state and, where it is not 0, kept: what the
 * gradient needs.
 */
export function linearAttention(
  x: usize, qkv: usize, out: usize, bias: usize, y: usize, state: usize, kept: usize,
  b: i32, n: i32, c: i32, h: i32, d: i32, heads: i32, scale: f32,
): void {
  const size = h / heads, stride = pixelStride(h);
  const wide = <usize>h << 2, head = <usize>size << 2, rowX = <usize>c << 2, rowY = <usize>d << 2, row = <usize>stride << 2;
  const scratch = reserve(gemmScratch() + <usize>BLOCK * row + wide);
  const block = scratch + gemmScratch(), shrink = block + <usize>BLOCK * row;
  for (let s = 0; s < b; s++) {
    const largest = state, inverse = largest + wide, seen = inverse + wide;
    const context = seen + <usize>h * rowX, m = context + <usize>h * head;
    const keys = kept + <usize>n * row;
    let tops = keys + <usize>n * row;
    for (let i: usize = 0; i < wide; i += 4) store<f32>(largest + i, -Infinity);
    zeroFloats(inverse, h);
    for (let first = 0; first < n; first += BLOCK) {
      const count = min(BLOCK, n - first), xb = x + <usize>first * rowX;
      const k = kept ? keys + <usize>first * row : block;
      gemm(0, 0, count, h, c, xb, c, qkv + wide, 3 * h, k, stride, 0, 0, scratch);
      exponentials(k, row, largest, inverse, shrink, count, h);
      if (kept) {
        copyFloats(largest, tops, h);
        tops += wide;
      }
      if (first > 0) scaleRows(seen, h, c, shrink, seen);
      gemm(1, 0, h, c, count, k, stride, xb, c, seen, c, 0, first > 0 ? 1 : 0, scratch);
    }
    for (let i: usize = 0; i < wide; i += 4) store<f32>(inverse + i, 1 / load<f32>(inverse + i));
    scaleRows(seen, h, c, inverse, seen);
    for (let i = 0; i < heads; i++) {
      const rows = <usize>(i * size);
      gemm(0, 0, size, size, c, seen + rows * rowX, c, qkv + 2 * wide + <usize>i * head, 3 * h, context + rows * head, size, 0, 0, scratch);
    }
    for (let i = 0; i < h * size; i++) store<f32>(context + (<usize>i << 2), load<f32>(context + (<usize>i << 2)) * scale);
    for (let i = 0; i < heads; i++) {
      const rows = <usize>(i * size);
      gemm(0, 0, size, d, size, context + rows * head, size, out + rows * rowY, d, m + rows * rowY, d, 0, 0, scratch);
    }
    for (let first = 0; first < n; first += BLOCK) {
      const count = min(BLOCK, n - first);
      const q = kept ? kept + <usize>first * row : block;
      gemm(0, 0, count, h, c, x + <usize>first * rowX, c, qkv, 3 * h, q, stride, 0, 0, scratch);
      softmaxHeads(q, row - wide, count, h, size);
      gemm(0, 0, count, d, h, q, stride, m, d, y + <usize>first * rowY, d, bias, 0, scratch);
    }
    x += <usize>n * rowX; y += <usize>n * rowY; state += <usize>stateLength(h, c, size, d) << 2;
    if (kept) kept = tops;
  }
}

/** Q's gradient in dq becomes that of what the softmax saw: Q (dQ - sum over the head of Q dQ). */
function headGradients(q: usize, dq: usize, gap: usize, count: i32, h: i32, size: i32): void {
  for (; count > 0; count--) {
    for (let heads = h / size; heads > 0; heads--) {
      let dots = f32x4.splat(0);
      for (let i = 0; i < size; i += 4) dots = madd(v128.load(q + (<usize>i << 2)), v128.load(dq + (<usize>i << 2)), dots);
      const dot = sumAcross(dots);
      for (let i = 0; i < size; i += 4) {
        v128.store(dq, f32x4.mul(v128.load(q), f32x4.sub(v128.load(dq), dot)));
        q += 16; dq += 16;
      }
    }
    q += gap; dq += gap;
  }
}

/** dk = K (dK - rest), in place. */
function pixelGradients(k: usize, dk: usize, gap: usize, rest: usize, count: i32, h: i32): void {
  const bytes = <usize>h << 2;
  for (; count > 0; count--) {
    for (let o: usize = 0; o < bytes; o += 16) {
      v128.store(dk, f32x4.mul(v128.load(k), f32x4.sub(v128.load(dk), v128.load(rest + o))));
      k += 16; dk += 16;
    }
    k += gap; dk += gap;
  }
}

/**
 * dx [b, n, c], dqkv [c, 3 h], dout [h, d]. With P = K' X, C = scale P Wv a head and M = C Wo: dM = Q' dy, dQ = dy M',
 * dC = dM Wo', dP = scale dC Wv', dK = X dP', dX = dQ Wq' + dK Wk' + K dP behind the softmaxes. The sum over the pixels
 * of K dK, which the softmax over them asks for, is the sum over a row of dP P. K is f times what was kept, a factor
 * for each block and channel, so that f dP and f rest stand in the place of dP and rest.
 */
export function linearAttentionGradient(
  x: usize, qkv: usize, out: usize, state: usize, kept: usize, dy: usize, dx: usize, dqkv: usize, dout: usize,
  b: i32, n: i32, c: i32, h: i32, d: i32, heads: i32, scale: f32,
): void {
  const size = h / heads, stride = pixelStride(h);
  const wide = <usize>h << 2, head = <usize>size << 2, rowX = <usize>c << 2, rowY = <usize>d << 2, row = <usize>stride << 2;
  const gap = row - wide;
  const scratch = reserve(gemmScratch() + <usize>BLOCK * row + <usize>h * (2 * rowX + rowY + head) + 3 * wide);
  const other = scratch + gemmScratch();
  const dm = other + <usize>BLOCK * row, dp = dm + <usize>h * rowY, dc = dp + <usize>h * rowX, rest = dc + <usize>h * head;
  const dpBlock = rest + wide, restBlock = dpBlock + <usize>h * rowX, factor = restBlock + wide;
  for (let s = 0; s < b; s++) {
    const later = s > 0 ? 1 : 0;
    const largest = state, inverse = largest + wide, seen = inverse + wide;
    const context = seen + <usize>h * rowX, m = context + <usize>h * head;
    const keys = kept + <usize>n * row;
    let tops = keys + <usize>n * row;
    for (let first = 0; first < n; first += BLOCK) {
      const count = min(BLOCK, n - first), more = first > 0 ? 1 : 0;
      const xb = x + <usize>first * rowX, dyb = dy + <usize>first * rowY, q = kept + <usize>first * row;
      gemm(1, 0, h, d, count, q, stride, dyb, d, dm, d, 0, more, scratch);
      gemm(0, 1, count, h, d, dyb, d, m, d, other, stride, 0, 0, scratch);
      headGradients(q, other, gap, count, h, size);
      gemm(1, 0, c, h, count, xb, c, other, stride, dqkv, 3 * h, 0, more | later, scratch);
      gemm(0, 1, count, c, h, other, stride, qkv, 3 * h, dx + <usize>first * rowX, c, 0, 0, scratch);
    }
    for (let i = 0; i < heads; i++) {
      const rows = <usize>(i * size), valueColumns = 2 * wide + <usize>i * head;
      gemm(1, 0, size, d, size, context + rows * head, size, dm + rows * rowY, d, dout + rows * rowY, d, 0, later, scratch);
      gemm(0, 1, size, size, d, dm + rows * rowY, d, out + rows * rowY, d, dc + rows * head, size, 0, 0, scratch);
      for (let j: usize = 0; j < <usize>size * head; j += 4) {
        const at = dc + rows * head + j;
        store<f32>(at, load<f32>(at) * scale);
      }
      gemm(1, 0, c, size, size, seen + rows * rowX, c, dc + rows * head, size, dqkv + valueColumns, 3 * h, 0, later, scratch);
      gemm(0, 1, size, c, size, dc + rows * head, size, qkv + valueColumns, 3 * h, dp + rows * rowX, c, 0, 0, scratch);
    }
    for (let i = 0; i < h; i++) {
      let sum: f32 = 0;
      for (let j: usize = 0; j < rowX; j += 4) sum += load<f32>(dp + <usize>i * rowX + j) * load<f32>(seen + <usize>i * rowX + j);
      store<f32>(rest + (<usize>i << 2), sum);
    }
    for (let first = 0; first < n; first += BLOCK) {
      const count = min(BLOCK, n - first), more = first > 0 ? 1 : 0;
      const xb = x + <usize>first * rowX, dxb = dx + <usize>first * rowX, k = keys + <usize>first * row;
      for (let i: usize = 0; i < wide; i += 16) {
        const f = f32x4.mul(expBelow4(f32x4.sub(v128.load(tops + i), v128.load(largest + i))), v128.load(inverse + i));
        v128.store(factor + i, f);
        v128.store(restBlock + i, f32x4.mul(f, v128.load(rest + i)));
      }
      tops += wide;
      scaleRows(dp, h, c, factor, dpBlock);
      gemm(0, 1, count, h, c, xb, c, dpBlock, c, other, stride, 0, 0, scratch);
      pixelGradients(k, other, gap, restBlock, count, h);
      gemm(0, 0, count, c, h, k, stride, dpBlock, c, dxb, c, 0, 1, scratch);
      gemm(1, 0, c, h, count, xb, c, other, stride, dqkv + wide, 3 * h, 0, more | later, scratch);
      gemm(0, 1, count, c, h, other, stride, qkv + wide, 3 * h, dxb, c, 0, 1, scratch);
    }
    x += <usize>n * rowX; dx += <usize>n * rowX; dy += <usize>n * rowY; state += <usize>stateLength(h, c, size, d) << 2;
    kept = tops;
  }
}
