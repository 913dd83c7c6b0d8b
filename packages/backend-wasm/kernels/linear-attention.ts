// Linear attention (Shen et al. 2018): Q is a softmax over a head's channels, K over the pixels, y = Q (scale K' V).
// Pixels are taken in blocks, so that Q and K exist for a block at a time only; the gradient makes them again. Queries,
// keys and values lie side by side in a pixel, [n, 3 c]; the channels of a head are a multiple of four.
import { gemm, gemmScratch } from "./gemm";
import { exp4, madd, maxLanes, reserve, sumLanes, zeroFloats } from "./simd";

const BLOCK: i32 = 128;

/** state of a sample: largest key [c], 1 / sum of exponentials [c], context [heads, size, size] times the scale. */
// @ts-ignore: decorator
@inline
function stateLength(c: i32, size: i32): i32 {
  return c * (2 + size);
}

/** Softmax of each head's channels: from [count, c], 3 c apart, to [count, c]. */
function softmaxQueries(q: usize, to: usize, count: i32, c: i32, size: i32): void {
  for (; count > 0; count--) {
    for (let h = 0; h < c; h += size) {
      const from = q + (<usize>h << 2);
      let top = v128.load(from);
      for (let i = 4; i < size; i += 4) top = f32x4.pmax(top, v128.load(from + (<usize>i << 2)));
      const shift = f32x4.splat(maxLanes(top));
      let sums = f32x4.splat(0);
      for (let i = 0; i < size; i += 4) {
        const e = exp4(f32x4.sub(v128.load(from + (<usize>i << 2)), shift));
        v128.store(to + (<usize>i << 2), e);
        sums = f32x4.add(sums, e);
      }
      const inverse = f32x4.splat(1 / sumLanes(sums));
      for (let i = 0; i < size; i += 4) {
        v128.store(to, f32x4.mul(v128.load(to), inverse));
        to += 16;
      }
    }
    q += <usize>(3 * c) << 2;
  }
}

/** exp(key - largest), from [count, c], 3 c apart, to [count, c]; the sums are added up. */
function exponentials(k: usize, largest: usize, sums: usize, to: usize, count: i32, c: i32): void {
  for (let i = 0; i < c; i += 4) {
    const o = <usize>i << 2;
    const shift = v128.load(largest + o);
    let sum = v128.load(sums + o);
    for (let p = 0, from = k + o, at = to + o; p < count; p++) {
      const e = exp4(f32x4.sub(v128.load(from), shift));
      v128.store(at, e);
      sum = f32x4.add(sum, e);
      from += <usize>(3 * c) << 2; at += <usize>c << 2;
    }
    v128.store(sums + o, sum);
  }
}

function largestKeys(k: usize, to: usize, n: i32, c: i32): void {
  for (let i = 0; i < c; i += 4) {
    let from = k + (<usize>i << 2);
    let top = v128.load(from);
    for (let p = 1; p < n; p++) {
      from += <usize>(3 * c) << 2;
      top = f32x4.pmax(top, v128.load(from));
    }
    v128.store(to + (<usize>i << 2), top);
  }
}

/** Each row r of [rows, width] times factors[r] times scale. */
function scaleRows(m: usize, rows: i32, width: i32, factors: usize, scale: f32): void {
  for (let r = 0; r < rows; r++) {
    const f = f32x4.splat(load<f32>(factors + (<usize>r << 2)) * scale);
    for (let i = 0; i < width; i += 4) {
      v128.store(m, f32x4.mul(v128.load(m), f));
      m += 16;
    }
  }
}

/** qkv [b, n, 3 c] -> y [b, n, c] and, for the gradient, state [b, c (2 + c / heads)]. */
export function linearAttention(qkv: usize, y: usize, state: usize, b: i32, n: i32, c: i32, heads: i32, scale: f32): void {
  const size = c / heads;
  const scratch = reserve(gemmScratch() + (<usize>BLOCK * c << 2));
  const block = scratch + gemmScratch();
  const row = <usize>(3 * c) << 2, head = <usize>size << 2;
  for (let s = 0; s < b; s++) {
    const largest = state, inverse = state + (<usize>c << 2), context = inverse + (<usize>c << 2);
    const k = qkv + (<usize>c << 2), v = k + (<usize>c << 2);
    largestKeys(k, largest, n, c);
    zeroFloats(inverse, c);
    for (let first = 0; first < n; first += BLOCK) {
      const count = min(BLOCK, n - first);
      exponentials(k + <usize>first * row, largest, inverse, block, count, c);
      for (let h = 0; h < heads; h++) {
        gemm(1, 0, size, size, count, block + <usize>h * head, c, v + <usize>first * row + <usize>h * head, 3 * c,
          context + <usize>(h * size) * head, size, 0, first > 0 ? 1 : 0, scratch);
      }
    }
    for (let i = 0; i < c; i += 4) {
      const at = inverse + (<usize>i << 2);
      v128.store(at, f32x4.div(f32x4.splat(1), v128.load(at)));
    }
    scaleRows(context, c, size, inverse, scale);
    for (let first = 0; first < n; first += BLOCK) {
      const count = min(BLOCK, n - first);
      softmaxQueries(qkv + <usize>first * row, block, count, c, size);
      for (let h = 0; h < heads; h++) {
        gemm(0, 0, count, size, size, block + <usize>h * head, c, context + <usize>(h * size) * head, size,
          y + (<usize>(first * c) << 2) + <usize>h * head, c, 0, 0, scratch);
      }
    }
    qkv += <usize>n * row; y += <usize>(n * c) << 2; state += <usize>stateLength(c, size) << 2;
  }
}

/** dq = Q (dQ - sum over the head of Q dQ), in [count, c] each; written 3 c apart. */
function queryGradients(q: usize, dq: usize, to: usize, count: i32, c: i32, size: i32): void {
  for (; count > 0; count--) {
    for (let h = 0; h < c; h += size) {
      let dots = f32x4.splat(0);
      for (let i = 0; i < size; i += 4) dots = madd(v128.load(q + (<usize>i << 2)), v128.load(dq + (<usize>i << 2)), dots);
      const dot = f32x4.splat(sumLanes(dots));
      const out = to + (<usize>h << 2);
      for (let i = 0; i < size; i += 4) {
        v128.store(out + (<usize>i << 2), f32x4.mul(v128.load(q), f32x4.sub(v128.load(dq), dot)));
        q += 16; dq += 16;
      }
    }
    to += <usize>(3 * c) << 2;
  }
}

/** dk = K (dK - rest), K in [count, c]. */
function keyGradients(k: usize, dk: usize, rest: usize, to: usize, count: i32, c: i32): void {
  for (; count > 0; count--) {
    for (let i = 0; i < c; i += 4) {
      const o = <usize>i << 2;
      v128.store(to + o, f32x4.mul(v128.load(k), f32x4.sub(v128.load(dk), v128.load(rest + o))));
      k += 16; dk += 16;
    }
    to += <usize>(3 * c) << 2;
  }
}

/** exp(key - largest) / sum, from [count, c], 3 c apart, to [count, c]. */
function softmaxKeys(k: usize, largest: usize, inverse: usize, to: usize, count: i32, c: i32): void {
  for (; count > 0; count--) {
    for (let i = 0; i < c; i += 4) {
      const o = <usize>i << 2;
      const e = exp4(f32x4.sub(v128.load(k + o), v128.load(largest + o)));
      v128.store(to, f32x4.mul(e, v128.load(inverse + o)));
      to += 16;
    }
    k += <usize>(3 * c) << 2;
  }
}

/**
 * dqkv [b, n, 3 c]. With C the context: dQ = dy C', dC = Q' dy, dV = scale K dC, dK = scale V dC'. The sum over the
 * pixels of K dK, which the softmax over them asks for, is the sum over a row of dC C.
 */
export function linearAttentionGradient(
  qkv: usize, state: usize, dy: usize, dqkv: usize, b: i32, n: i32, c: i32, heads: i32, scale: f32,
): void {
  const size = c / heads;
  const area = <usize>BLOCK * c << 2, contextBytes = <usize>(c * size) << 2;
  const scratch = reserve(gemmScratch() + 2 * area + contextBytes + (<usize>c << 2));
  const block = scratch + gemmScratch(), other = block + area, turn = other + area, rest = turn + contextBytes;
  const row = <usize>(3 * c) << 2, narrow = <usize>c << 2, head = <usize>size << 2;
  for (let s = 0; s < b; s++) {
    const largest = state, inverse = largest + narrow, context = inverse + narrow;
    for (let first = 0; first < n; first += BLOCK) {
      const count = min(BLOCK, n - first);
      const dyBlock = dy + <usize>first * narrow;
      softmaxQueries(qkv + <usize>first * row, block, count, c, size);
      for (let h = 0; h < heads; h++) {
        const at = <usize>h * head;
        gemm(1, 0, size, size, count, block + at, c, dyBlock + at, c, turn + <usize>size * at, size, 0, first > 0 ? 1 : 0, scratch);
        gemm(0, 1, count, size, size, dyBlock + at, c, context + <usize>size * at, size, other + at, c, 0, 0, scratch);
      }
      queryGradients(block, other, dqkv + <usize>first * row, count, c, size);
    }
    for (let i = 0; i < c; i++) {
      let dots = f32x4.splat(0);
      for (let j: usize = 0; j < head; j += 16) {
        const at = <usize>i * head + j;
        dots = madd(v128.load(turn + at), v128.load(context + at), dots);
        v128.store(turn + at, f32x4.mul(v128.load(turn + at), f32x4.splat(scale)));
      }
      store<f32>(rest + (<usize>i << 2), sumLanes(dots));
    }
    for (let first = 0; first < n; first += BLOCK) {
      const count = min(BLOCK, n - first);
      const k = qkv + <usize>first * row + narrow, dk = dqkv + <usize>first * row + narrow;
      softmaxKeys(k, largest, inverse, block, count, c);
      for (let h = 0; h < heads; h++) {
        const at = <usize>h * head;
        gemm(0, 0, count, size, size, block + at, c, turn + <usize>size * at, size, dk + narrow + at, 3 * c, 0, 0, scratch);
        gemm(0, 1, count, size, size, k + narrow + at, 3 * c, turn + <usize>size * at, size, other + at, c, 0, 0, scratch);
      }
      keyGradients(block, other, rest, dk, count, c);
    }
    qkv += <usize>n * row; dqkv += <usize>n * row; dy += <usize>n * narrow; state += <usize>stateLength(c, size) << 2;
  }
}
