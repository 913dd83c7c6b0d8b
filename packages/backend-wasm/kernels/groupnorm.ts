// Group normalisation with scale-shift and SiLU. Channels lie innermost, so everything runs over "periods": the least
// number of pixels whose floats are a whole number of vectors, with the channels' coefficients repeated to that length.
import { repeatsOf } from "./reduce";
import { loadPart, madd, reserve, silu4, siluSlope4, storePart, zeroFloats } from "./simd";

const BLOCK: i32 = 2048; // floats that stay in the first-level cache while they are read twice

/** Mean and sum of squared deviations of each of `length` lanes over the periods, block by block (Chan et al. 1979). */
function laneStatistics(x: usize, periods: i32, length: i32, means: usize, squares: usize): void {
  const step = <usize>length << 2;
  const block = max(1, BLOCK / length);
  zeroFloats(means, length);
  zeroFloats(squares, length);
  for (let first = 0; first < periods; first += block) {
    const count = min(block, periods - first);
    const inverse = f32x4.splat(<f32>(1.0 / <f64>count));
    const share = f32x4.splat(<f32>(<f64>count / <f64>(first + count)));
    const cross = f32x4.splat(<f32>(<f64>first * <f64>count / <f64>(first + count)));
    const from = x + <usize>first * step;
    let q = 0;
    for (; q + 8 <= length; q += 8) {
      let at = from + (<usize>q << 2);
      let s0 = f32x4.splat(0), s1 = s0;
      for (let p = 0; p < count; p++) {
        s0 = f32x4.add(s0, v128.load(at));
        s1 = f32x4.add(s1, v128.load(at, 16));
        at += step;
      }
      const m0 = f32x4.mul(s0, inverse), m1 = f32x4.mul(s1, inverse);
      at = from + (<usize>q << 2);
      let v0 = f32x4.splat(0), v1 = v0;
      for (let p = 0; p < count; p++) {
        const d0 = f32x4.sub(v128.load(at), m0), d1 = f32x4.sub(v128.load(at, 16), m1);
        v0 = madd(d0, d0, v0);
        v1 = madd(d1, d1, v1);
        at += step;
      }
      merge(means + (<usize>q << 2), squares + (<usize>q << 2), m0, v0, share, cross);
      merge(means + (<usize>q << 2) + 16, squares + (<usize>q << 2) + 16, m1, v1, share, cross);
    }
    for (; q < length; q += 4) {
      let at = from + (<usize>q << 2);
      let s = f32x4.splat(0);
      for (let p = 0; p < count; p++) {
        s = f32x4.add(s, v128.load(at));
        at += step;
      }
      const m = f32x4.mul(s, inverse);
      at = from + (<usize>q << 2);
      let v = f32x4.splat(0);
      for (let p = 0; p < count; p++) {
        const d = f32x4.sub(v128.load(at), m);
        v = madd(d, d, v);
        at += step;
      }
      merge(means + (<usize>q << 2), squares + (<usize>q << 2), m, v, share, cross);
    }
  }
}

// @ts-ignore: decorator
@inline
function merge(means: usize, squares: usize, mean: v128, square: v128, share: v128, cross: v128): void {
  const old = v128.load(means);
  const delta = f32x4.sub(mean, old);
  v128.store(means, madd(delta, share, old));
  v128.store(squares, f32x4.add(v128.load(squares), madd(f32x4.mul(delta, delta), cross, square)));
}

/** statistics [groups, 2] of one sample: mean and 1 / sqrt(variance + epsilon), from the lanes and the odd pixels. */
function groupStatistics(
  x: usize, hw: i32, c: i32, groups: i32, epsilon: f32, statistics: usize, means: usize, squares: usize,
): void {
  const repeats = repeatsOf(c), periods = hw / repeats, width = c / groups;
  laneStatistics(x, periods, c * repeats, means, squares);
  for (let g = 0; g < groups; g++) {
    let sum: f64 = 0;
    for (let i = g * width; i < (g + 1) * width; i++) {
      for (let r = 0; r < repeats; r++) sum += <f64>periods * <f64>load<f32>(means + (<usize>(r * c + i) << 2));
      for (let p = periods * repeats; p < hw; p++) sum += <f64>load<f32>(x + (<usize>(p * c + i) << 2));
    }
    const count = <f64>hw * <f64>width;
    const mean = sum / count;
    let square: f64 = 0;
    for (let i = g * width; i < (g + 1) * width; i++) {
      for (let r = 0; r < repeats; r++) {
        const at = <usize>(r * c + i) << 2;
        const d = <f64>load<f32>(means + at) - mean;
        square += <f64>load<f32>(squares + at) + <f64>periods * d * d;
      }
      for (let p = periods * repeats; p < hw; p++) {
        const d = <f64>load<f32>(x + (<usize>(p * c + i) << 2)) - mean;
        square += d * d;
      }
    }
    store<f32>(statistics + (<usize>g << 3), <f32>mean);
    store<f32>(statistics + (<usize>g << 3), <f32>(1 / Math.sqrt(square / count + <f64>epsilon)), 4);
  }
}

// @ts-ignore: decorator
@inline
function at(array: usize, i: i32): usize {
  return array + (<usize>i << 2);
}

/** The affine map of one sample: z = x a + b, a = rstd gamma (1 + scale). */
function coefficients(
  a: usize, b: usize, statistics: usize, gamma: usize, beta: usize, scale: usize, shift: usize, c: i32, groups: i32,
): void {
  const repeats = repeatsOf(c), width = c / groups;
  for (let i = 0; i < c; i++) {
    const mean = load<f32>(statistics + (<usize>(i / width) << 3));
    const rstd = load<f32>(statistics + (<usize>(i / width) << 3), 4);
    const factor: f32 = scale ? 1 + load<f32>(at(scale, i)) : 1;
    const slope = load<f32>(at(gamma, i)) * factor;
    const offset = load<f32>(at(beta, i)) * factor + (shift ? load<f32>(at(shift, i)) : 0);
    for (let r = 0; r < repeats; r++) {
      store<f32>(at(a, r * c + i), rstd * slope);
      store<f32>(at(b, r * c + i), offset - mean * rstd * slope);
    }
  }
}

/** scale, shift: 0 or [n, c]; statistics [n, groups, 2] is written for the gradient. */
export function groupNorm(
  x: usize, gamma: usize, beta: usize, scale: usize, shift: usize, y: usize, statistics: usize,
  n: i32, hw: i32, c: i32, groups: i32, epsilon: f32, activate: i32,
): void {
  const length = c * repeatsOf(c);
  const a = reserve(<usize>length << 3), b = at(a, length);
  const total = hw * c;
  for (let i = 0; i < n; i++) {
    groupStatistics(x, hw, c, groups, epsilon, statistics, a, b);
    coefficients(a, b, statistics, gamma, beta, scale, shift, c, groups);
    for (let first = 0; first < total; first += length) {
      const count = min(length, total - first);
      let q = 0;
      for (; q + 4 <= count; q += 4) {
        const z = madd(v128.load(x), v128.load(at(a, q)), v128.load(at(b, q)));
        v128.store(y, activate ? silu4(z) : z);
        x += 16; y += 16;
      }
      if (q < count) {
        const left = count - q;
        const z = madd(loadPart(x, left), v128.load(at(a, q)), v128.load(at(b, q)));
        storePart(y, activate ? silu4(z) : z, left);
        x += <usize>left << 2; y += <usize>left << 2;
      }
    }
    statistics += <usize>groups << 3;
    if (scale) scale += <usize>c << 2;
    if (shift) shift += <usize>c << 2;
  }
}

/**
 * All gradients. With z = xhat slope + offset and dz = dy act'(z), per sample and channel sums s1 = sum dz and
 * s2 = sum dz xhat give everything: dx = rstd (slope dz - mean(slope s1) - xhat mean(slope s2)) over the group.
 * dscale and dshift: 0 or [n, c].
 */
export function groupNormGradient(
  x: usize, gamma: usize, beta: usize, scale: usize, shift: usize, statistics: usize, dy: usize,
  dx: usize, dgamma: usize, dbeta: usize, dscale: usize, dshift: usize,
  n: i32, hw: i32, c: i32, groups: i32, activate: i32,
): void {
  const repeats = repeatsOf(c), length = c * repeats, width = c / groups;
  const step = <usize>length << 2;
  const a = reserve(6 * step), b = a + step, hatA = b + step, hatB = hatA + step, s1 = hatB + step, s2 = s1 + step;
  const total = hw * c, periods = hw / repeats, block = max(1, BLOCK / length);
  const inverse: f64 = 1 / (<f64>hw * <f64>width);
  zeroFloats(dgamma, c);
  zeroFloats(dbeta, c);
  for (let i = 0; i < n; i++) {
    coefficients(a, b, statistics, gamma, beta, scale, shift, c, groups);
    for (let j = 0; j < length; j++) {
      const g = statistics + (<usize>(j % c / width) << 3);
      const rstd = load<f32>(g, 4);
      store<f32>(at(hatA, j), rstd);
      store<f32>(at(hatB, j), -load<f32>(g) * rstd);
    }
    zeroFloats(s1, 2 * length);
    for (let first = 0; first < periods; first += block) {
      const count = min(block, periods - first);
      const offset = <usize>first * step;
      for (let q = 0; q < length; q += 4) {
        const va = v128.load(at(a, q)), vb = v128.load(at(b, q)), ha = v128.load(at(hatA, q)), hb = v128.load(at(hatB, q));
        let t1 = f32x4.splat(0), t2 = t1;
        let px = x + offset + (<usize>q << 2), py = dy + offset + (<usize>q << 2), po = dx + offset + (<usize>q << 2);
        if (activate) {
          for (let p = 0; p < count; p++) {
            const v = v128.load(px);
            const dz = f32x4.mul(v128.load(py), siluSlope4(madd(v, va, vb)));
            v128.store(po, dz);
            t1 = f32x4.add(t1, dz);
            t2 = madd(dz, madd(v, ha, hb), t2);
            px += step; py += step; po += step;
          }
        } else {
          for (let p = 0; p < count; p++) {
            const dz = v128.load(py);
            t1 = f32x4.add(t1, dz);
            t2 = madd(dz, madd(v128.load(px), ha, hb), t2);
            px += step; py += step;
          }
        }
        v128.store(at(s1, q), f32x4.add(t1, v128.load(at(s1, q))));
        v128.store(at(s2, q), f32x4.add(t2, v128.load(at(s2, q))));
      }
    }
    for (let j = periods * length, q = 0; j < total; j++, q++) {
      const v = load<f32>(at(x, j));
      let dz = load<f32>(at(dy, j));
      if (activate) {
        dz *= f32x4.extract_lane(siluSlope4(f32x4.splat(v * load<f32>(at(a, q)) + load<f32>(at(b, q)))), 0);
        store<f32>(at(dx, j), dz);
      }
      const hat = v * load<f32>(at(hatA, q)) + load<f32>(at(hatB, q));
      store<f32>(at(s1, q), load<f32>(at(s1, q)) + dz);
      store<f32>(at(s2, q), load<f32>(at(s2, q)) + dz * hat);
    }
    for (let j = c; j < length; j++) { // fold the repeats
      store<f32>(at(s1, j % c), load<f32>(at(s1, j % c)) + load<f32>(at(s1, j)));
      store<f32>(at(s2, j % c), load<f32>(at(s2, j % c)) + load<f32>(at(s2, j)));
    }
    for (let g = 0; g < groups; g++) {
      const mean = load<f32>(statistics + (<usize>g << 3)), rstd = load<f32>(statistics + (<usize>g << 3), 4);
      let m1: f64 = 0, m2: f64 = 0;
      for (let j = g * width; j < (g + 1) * width; j++) {
        const factor: f32 = scale ? 1 + load<f32>(at(scale, j)) : 1;
        const t1 = load<f32>(at(s1, j)), t2 = load<f32>(at(s2, j));
        const slope = load<f32>(at(gamma, j)) * factor;
        m1 += <f64>slope * <f64>t1;
        m2 += <f64>slope * <f64>t2;
        store<f32>(at(dgamma, j), load<f32>(at(dgamma, j)) + factor * t2);
        store<f32>(at(dbeta, j), load<f32>(at(dbeta, j)) + factor * t1);
        if (dscale) store<f32>(at(dscale, j), load<f32>(at(gamma, j)) * t2 + load<f32>(at(beta, j)) * t1);
        if (dshift) store<f32>(at(dshift, j), t1);
        store<f32>(at(a, j), rstd * slope);
      }
      // dx = dz a + x b + s1 from here on
      const r = <f64>rstd;
      const onX = <f32>(-r * r * m2 * inverse), constant = <f32>(r * inverse * (r * <f64>mean * m2 - m1));
      for (let j = g * width; j < (g + 1) * width; j++) {
        for (let k = 0; k < repeats; k++) {
          store<f32>(at(a, k * c + j), load<f32>(at(a, j)));
          store<f32>(at(b, k * c + j), onX);
          store<f32>(at(s1, k * c + j), constant);
        }
      }
    }
    let dz = activate ? dx : dy;
    for (let first = 0; first < total; first += length) {
      const count = min(length, total - first);
      let q = 0;
      for (; q + 4 <= count; q += 4) {
        const rest = madd(v128.load(x), v128.load(at(b, q)), v128.load(at(s1, q)));
        v128.store(dx, madd(v128.load(dz), v128.load(at(a, q)), rest));
        x += 16; dz += 16; dx += 16;
      }
      if (q < count) {
        const left = count - q;
        const rest = madd(loadPart(x, left), v128.load(at(b, q)), v128.load(at(s1, q)));
        storePart(dx, madd(loadPart(dz, left), v128.load(at(a, q)), rest), left);
        x += <usize>left << 2; dz += <usize>left << 2; dx += <usize>left << 2;
      }
    }
    dy += <usize>total << 2;
    statistics += <usize>groups << 3;
    if (scale) scale += <usize>c << 2;
    if (shift) shift += <usize>c << 2;
    if (dscale) dscale += <usize>c << 2;
    if (dshift) dshift += <usize>c << 2;
  }
}
