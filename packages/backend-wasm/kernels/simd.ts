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

// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

// @ts-ignore: decorator
@inline
export function maxLanes(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/**
 * e^x: x = n ln 2 + r, a polynomial of degree 6 on |r| <= ln(2)/2 (Cephes expf), then 2^n through the exponent. Adding
 * 1.5 2^23 rounds to the whole number n and leaves it in the low bits: cheaper than rounding and converting. pmin and
 * pmax are one instruction each, and keep a NaN in their first argument.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(88.0)), f32x4.splat(-87.0));
  const whole = f32x4.splat(12582912.0);
  const rounded = madd(x, f32x4.splat(1.44269504088896341), whole);
  const n = f32x4.sub(rounded, whole);
  let r = madd(n, f32x4.splat(-0.693359375), x);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  let p = f32x4.splat(1.9875691500e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  p = madd(f32x4.mul(p, r), r, f32x4.add(r, f32x4.splat(1.0)));
  return f32x4.mul(p, i32x4.shl(i32x4.add(rounded, i32x4.splat(127)), 23));
}

// @ts-ignore: decorator
@inline
function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1.0);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

// @ts-ignore: decorator
@inline
export function silu4(x: v128): v128 {
  return f32x4.div(x, f32x4.add(f32x4.splat(1.0), exp4(f32x4.neg(x))));
}

/** The derivative of SiLU: s (1 + x (1 - s)), s = sigmoid(x). */
// @ts-ignore: decorator
@inline
export function siluSlope4(x: v128): v128 {
  const one = f32x4.splat(1.0);
  const s = sigmoid4(x);
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
