// Elementwise operations and copies.
import { copyFloats, loadPart, madd, silu4, siluSlope4, storePart } from "./simd";

export function silu(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(y, silu4(v128.load(x)));
    x += 16; y += 16;
  }
  if (i < count) storePart(y, silu4(loadPart(x, count - i)), count - i);
}

export function siluGradient(x: usize, dy: usize, dx: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(dx, f32x4.mul(v128.load(dy), siluSlope4(v128.load(x))));
    x += 16; dy += 16; dx += 16;
  }
  if (i < count) {
    const left = count - i;
    storePart(dx, f32x4.mul(loadPart(dy, left), siluSlope4(loadPart(x, left))), left);
  }
}

/** `rows` runs of `count` floats, each run `fromStride` and `toStride` floats after the one before. */
export function copyRows(from: usize, fromStride: i32, to: usize, toStride: i32, count: i32, rows: i32): void {
  const fromStep = <usize>fromStride << 2, toStep = <usize>toStride << 2;
  if (count >= 64) {
    for (let r = 0; r < rows; r++) {
      memory.copy(to, from, <usize>count << 2);
      from += fromStep; to += toStep;
    }
    return;
  }
  for (let r = 0; r < rows; r++) {
    copyFloats(from, to, count);
    from += fromStep; to += toStep;
  }
}

// @ts-ignore: decorator
@inline
function adamw4(
  g: v128, m: v128, v: v128, p: v128, stepSize: v128, variance: v128, decay: v128, epsilon: v128,
): v128 {
  const update = f32x4.div(f32x4.mul(m, stepSize), f32x4.add(f32x4.sqrt(f32x4.mul(v, variance)), epsilon));
  return f32x4.sub(f32x4.mul(p, decay), update);
}

/** One step of AdamW into new memory; stepSize, variance and decay carry the bias corrections (see @medseg/ops). */
export function adamw(
  p: usize, g: usize, m: usize, v: usize, nextP: usize, nextM: usize, nextV: usize, count: i32,
  stepSize: f32, variance: f32, decay: f32, beta1: f32, beta2: f32, keep1: f32, keep2: f32, epsilon: f32, scale: f32,
): void {
  const b1 = f32x4.splat(beta1), b2 = f32x4.splat(beta2), k1 = f32x4.splat(keep1), k2 = f32x4.splat(keep2);
  const s = f32x4.splat(stepSize), c = f32x4.splat(variance), d = f32x4.splat(decay), e = f32x4.splat(epsilon);
  const gs = f32x4.splat(scale);
  for (let i = 0; i < count; i += 4) {
    const left = count - i;
    if (left >= 4) {
      const gv = f32x4.mul(v128.load(g), gs);
      const mv = madd(v128.load(m), b1, f32x4.mul(gv, k1));
      const vv = madd(v128.load(v), b2, f32x4.mul(f32x4.mul(gv, gv), k2));
      v128.store(nextM, mv);
      v128.store(nextV, vv);
      v128.store(nextP, adamw4(gv, mv, vv, v128.load(p), s, c, d, e));
    } else {
      const gv = f32x4.mul(loadPart(g, left), gs);
      const mv = madd(loadPart(m, left), b1, f32x4.mul(gv, k1));
      const vv = madd(loadPart(v, left), b2, f32x4.mul(f32x4.mul(gv, gv), k2));
      storePart(nextM, mv, left);
      storePart(nextV, vv, left);
      storePart(nextP, adamw4(gv, mv, vv, loadPart(p, left), s, c, d, e), left);
    }
    p += 16; g += 16; m += 16; v += 16; nextP += 16; nextM += 16; nextV += 16;
  }
}

/** average * decay + x * keep, into new memory. */
export function movingAverage(average: usize, x: usize, next: usize, count: i32, decay: f32, keep: f32): void {
  const d = f32x4.splat(decay), k = f32x4.splat(keep);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(next, f32x4.add(f32x4.mul(v128.load(average), d), f32x4.mul(v128.load(x), k)));
    average += 16; x += 16; next += 16;
  }
  if (i < count) {
    const left = count - i;
    storePart(next, f32x4.add(f32x4.mul(loadPart(average, left), d), f32x4.mul(loadPart(x, left), k)), left);
  }
}

/** Adds one row [width] to each of x [rows, width], in place. */
export function addRow(x: usize, row: usize, rows: i32, width: i32): void {
  for (; rows > 0; rows--) {
    let i = 0;
    for (; i + 4 <= width; i += 4) {
      v128.store(x, f32x4.add(v128.load(x), v128.load(row + (<usize>i << 2))));
      x += 16;
    }
    for (; i < width; i++) {
      store<f32>(x, load<f32>(x) + load<f32>(row + (<usize>i << 2)));
      x += 4;
    }
  }
}

/** x + y, into new memory or either's. */
export function add(x: usize, y: usize, sum: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(sum, f32x4.add(v128.load(x), v128.load(y)));
    x += 16; y += 16; sum += 16;
  }
  if (i < count) storePart(sum, f32x4.add(loadPart(x, count - i), loadPart(y, count - i)), count - i);
}
