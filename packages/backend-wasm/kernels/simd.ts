// What every kernel shares. All pointers are byte addresses in tfjs's heap; counts are in floats unless said.
// There is no data section and no allocation here: constants are immediates, scratch memory comes from `reserve`.

// The host frees the old block and returns a new one from tfjs's own malloc.
@external("env", "allocate")
declare function allocate(bytes: usize): usize;

// A block that stays.
@external("env", "permanent")
declare function permanent(bytes: usize): usize;

let workspace: usize = 0;
let capacity: usize = 0;

/** Scratch memory of at least this many bytes, 16-byte aligned; the next call may hand out the same memory. */
export function reserve(bytes: usize): usize {
  if (bytes > capacity) {
    capacity = 0;
    workspace = allocate(bytes + 16);
    capacity = bytes;
  }
  return (workspace + 15) & ~(<usize>15);
}

let zeros: usize = 0;

/** 16 zeros, then room for 96 floats that any kernel may use until it calls another; kept for good. */
export function zeroRow(): usize {
  if (zeros == 0) {
    zeros = (permanent(512) + 15) & ~(<usize>15);
    memory.fill(zeros, 0, 64);
  }
  return zeros;
}

/** a b + c; the build sets RELAXED for the module with fused multiply-add. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  // @ts-ignore: a constant of the build
  if (RELAXED) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c - a b. */
// @ts-ignore: decorator
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  // @ts-ignore: a constant of the build
  if (RELAXED) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

/** The sum of all lanes, in each. */
// @ts-ignore: decorator
@inline
export function sumAcross(v: v128): v128 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 1, 0, 3, 2));
  return f32x4.add(pairs, v128.shuffle<f32>(pairs, pairs, 2, 3, 0, 1));
}

// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(sumAcross(v), 0);
}

/** The largest of all lanes, in each; where one is a NaN, it may be lost. */
// @ts-ignore: decorator
@inline
export function maxAcross(v: v128): v128 {
  const pairs = f32x4.pmax(v, v128.shuffle<f32>(v, v, 1, 0, 3, 2));
  return f32x4.pmax(pairs, v128.shuffle<f32>(pairs, pairs, 2, 3, 0, 1));
}

/**
 * e^(sign x), sign 1 or -1, for |x| < 88: sign x = n ln 2 + r, a polynomial of degree 6 on |r| <= ln(2)/2 (relative
 * error 3e-9 before rounding), then 2^n through the exponent. Adding 1.5 2^23 + 127 rounds to a whole number and leaves
 * n + 127 in the low bits: cheaper than rounding and converting.
 */
// @ts-ignore: decorator
@inline
function expOf(x: v128, sign: f32): v128 {
  const whole = f32x4.splat(12583039.0);
  const rounded = madd(x, f32x4.splat(sign * 1.44269504088896341), whole);
  const n = f32x4.sub(rounded, whole);
  let r: v128; // times sign; where a product is not rounded before it is added, one for ln 2 is enough
  // @ts-ignore: a constant of the build
  if (RELAXED) r = madd(n, f32x4.splat(sign * -0.693147180559945309), x);
  else r = madd(n, f32x4.splat(sign * 2.12194440e-4), madd(n, f32x4.splat(sign * -0.693359375), x));
  let p = madd(r, f32x4.splat(1.3814467238e-3), f32x4.splat(sign * 8.3687808365e-3));
  p = madd(p, r, f32x4.splat(4.1668392718e-2));
  p = madd(p, r, f32x4.splat(sign * 1.6666519642e-1));
  p = madd(p, r, f32x4.splat(4.9999994040e-1));
  p = madd(p, r, f32x4.splat(sign));
  p = madd(p, r, f32x4.splat(1.0));
  return f32x4.mul(p, i32x4.shl(rounded, 23));
}

/** e^x; pmin and pmax are one instruction each, and keep a NaN in their first argument. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  return expOf(f32x4.pmax(f32x4.pmin(x, f32x4.splat(88.0)), f32x4.splat(-87.0)), 1);
}

/** e^x of what is at most 0. */
// @ts-ignore: decorator
@inline
export function expBelow4(x: v128): v128 {
  return expOf(f32x4.pmax(x, f32x4.splat(-87.0)), 1);
}

/** 1 + e^-x. */
// @ts-ignore: decorator
@inline
function sigmoidDivisor(x: v128): v128 {
  return f32x4.add(f32x4.splat(1.0), expOf(f32x4.pmax(f32x4.pmin(x, f32x4.splat(87.0)), f32x4.splat(-88.0)), -1));
}

// @ts-ignore: decorator
@inline
export function silu4(x: v128): v128 {
  return f32x4.div(x, sigmoidDivisor(x));
}

/** The derivative of SiLU: s (1 + x (1 - s)), s = sigmoid(x). */
// @ts-ignore: decorator
@inline
export function siluSlope4(x: v128): v128 {
  const one = f32x4.splat(1.0);
  const s = f32x4.div(one, sigmoidDivisor(x));
  return f32x4.mul(s, madd(x, f32x4.sub(one, s), one));
}

/** The first `count` (1 to 3) floats at an address, zeros after: never reads beyond. */
export function loadPart(p: usize, count: i32): v128 {
  let v = v128.load32_zero(p);
  if (count > 1) v = f32x4.replace_lane(v, 1, load<f32>(p, 4));
  if (count > 2) v = f32x4.replace_lane(v, 2, load<f32>(p, 8));
  return v;
}

export function storePart(p: usize, v: v128, count: i32): void {
  store<f32>(p, f32x4.extract_lane(v, 0));
  if (count > 1) store<f32>(p, f32x4.extract_lane(v, 1), 4);
  if (count > 2) store<f32>(p, f32x4.extract_lane(v, 2), 8);
}

export function copyFloats(from: usize, to: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
  for (; i < count; i++) {
    store<f32>(to, load<f32>(from));
    from += 4;
    to += 4;
  }
}

export function zeroFloats(to: usize, count: usize): void {
  memory.fill(to, 0, count << 2);
}
