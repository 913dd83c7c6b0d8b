// Normalisation of each row of c floats by itself.
import { loadPart, madd, reserve, storePart, sumLanes, zeroFloats } from "./simd";

// @ts-ignore: decorator
@inline
function part(p: usize, left: i32): v128 {
  return left >= 4 ? v128.load(p) : loadPart(p, left);
}

// @ts-ignore: decorator
@inline
function put(p: usize, v: v128, left: i32): void {
  if (left >= 4) v128.store(p, v);
  else storePart(p, v, left);
}

/** Ones where a lane holds a value: the lanes after the end must not count as deviations from the mean. */
// @ts-ignore: decorator
@inline
function present(left: i32): v128 {
  return f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(1), 1, left > 1 ? 1 : 0), 2, left > 2 ? 1 : 0), 3, left > 3 ? 1 : 0);
}

/** beta: 0 or [c]; statistics [rows, 2]: mean and 1 / sqrt(variance + epsilon). */
export function layerNorm(
  x: usize, gamma: usize, beta: usize, y: usize, statistics: usize, rows: i32, c: i32, epsilon: f32,
): void {
  const step = <usize>c << 2;
  const inverse = <f32>(1.0 / <f64>c);
  for (let r = 0; r < rows; r++) {
    let sum = f32x4.splat(0);
    for (let q = 0; q < c; q += 4) sum = f32x4.add(sum, part(x + (<usize>q << 2), c - q));
    const mean = sumLanes(sum) * inverse;
    const m = f32x4.splat(mean);
    let squares = f32x4.splat(0);
    for (let q = 0; q < c; q += 4) {
      let d = f32x4.sub(part(x + (<usize>q << 2), c - q), m);
      if (c - q < 4) d = f32x4.mul(d, present(c - q));
      squares = madd(d, d, squares);
    }
    const rstd = <f32>(1 / Mathf.sqrt(sumLanes(squares) * inverse + epsilon));
    const s = f32x4.splat(rstd);
    for (let q = 0; q < c; q += 4) {
      const o = <usize>q << 2, left = c - q;
      let v = f32x4.mul(f32x4.mul(f32x4.sub(part(x + o, left), m), s), part(gamma + o, left));
      if (beta) v = f32x4.add(v, part(beta + o, left));
      put(y + o, v, left);
    }
    store<f32>(statistics, mean);
    store<f32>(statistics, rstd, 4);
    statistics += 8; x += step; y += step;
  }
}

/** dx [rows, c], dgamma [c], dbeta [c]. */
export function layerNormGradient(
  x: usize, gamma: usize, statistics: usize, dy: usize, dx: usize, dgamma: usize, dbeta: usize, rows: i32, c: i32,
): void {
  const step = <usize>c << 2, padded = <usize>(c + 3 & ~3) << 2;
  const inverse = <f32>(1.0 / <f64>c);
  const sumG = reserve(2 * padded), sumB = sumG + padded;
  zeroFloats(sumG, 2 * padded >> 2);
  zeroFloats(dgamma, c);
  zeroFloats(dbeta, c);
  for (let r = 0; r < rows; r++) {
    const mean = f32x4.splat(load<f32>(statistics)), rstd = f32x4.splat(load<f32>(statistics, 4));
    let t1 = f32x4.splat(0), t2 = t1;
    for (let q = 0; q < c; q += 4) {
      const o = <usize>q << 2, left = c - q;
      const hat = f32x4.mul(f32x4.sub(part(x + o, left), mean), rstd), g = part(dy + o, left);
      const scaled = f32x4.mul(g, part(gamma + o, left));
      t1 = f32x4.add(t1, scaled);
      t2 = madd(scaled, hat, t2);
      v128.store(sumG + o, madd(g, hat, v128.load(sumG + o)));
      v128.store(sumB + o, f32x4.add(g, v128.load(sumB + o)));
    }
    const m1 = f32x4.splat(sumLanes(t1) * inverse), m2 = f32x4.splat(sumLanes(t2) * inverse);
    for (let q = 0; q < c; q += 4) {
      const o = <usize>q << 2, left = c - q;
      const hat = f32x4.mul(f32x4.sub(part(x + o, left), mean), rstd);
      const scaled = f32x4.mul(part(dy + o, left), part(gamma + o, left));
      put(dx + o, f32x4.mul(rstd, f32x4.sub(f32x4.sub(scaled, m1), f32x4.mul(hat, m2))), left);
    }
    statistics += 8; x += step; dy += step; dx += step;
    if ((r & 255) == 255 || r == rows - 1) { // in blocks: the error does not grow with the number of rows
      for (let q = 0; q < c; q++) {
        const o = <usize>q << 2;
        store<f32>(dgamma + o, load<f32>(dgamma + o) + load<f32>(sumG + o));
        store<f32>(dbeta + o, load<f32>(dbeta + o) + load<f32>(sumB + o));
      }
      zeroFloats(sumG, 2 * padded >> 2);
    }
  }
}
