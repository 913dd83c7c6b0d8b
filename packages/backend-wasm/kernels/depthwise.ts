// Gradients of the depthwise convolution: output channel i m + j is input channel i with filter [kh, kw, i, j].
import { madd, zeroFloats } from "./simd";

/** filter gradient [kh, kw, c, m] from x [n, h, w, c] and dy [n, ho, wo, c m]. */
export function depthwiseFilterGradient(
  x: usize, dy: usize, out: usize, n: i32, h: i32, w: i32, c: i32, ho: i32, wo: i32, m: i32,
  kh: i32, kw: i32, sy: i32, sx: i32, ey: i32, ex: i32, top: i32, left: i32,
): void {
  zeroFloats(out, kh * kw * c * m);
  for (let b = 0; b < n; b++) {
    for (let oy = 0; oy < ho; oy++) {
      for (let ky = 0; ky < kh; ky++) {
        const iy = oy * sy - top + ky * ey;
        if (iy < 0 || iy >= h) continue;
        for (let ox = 0; ox < wo; ox++) {
          for (let kx = 0; kx < kw; kx++) {
            const ix = ox * sx - left + kx * ex;
            if (ix < 0 || ix >= w) continue;
            tapFilter(x + (<usize>(((b * h + iy) * w + ix) * c) << 2), dy + (<usize>(((b * ho + oy) * wo + ox) * c * m) << 2),
              out + (<usize>((ky * kw + kx) * c * m) << 2), c, m);
          }
        }
      }
    }
  }
}

/** input gradient [n, h, w, c]. */
export function depthwiseInputGradient(
  dy: usize, filter: usize, out: usize, n: i32, h: i32, w: i32, c: i32, ho: i32, wo: i32, m: i32,
  kh: i32, kw: i32, sy: i32, sx: i32, ey: i32, ex: i32, top: i32, left: i32,
): void {
  zeroFloats(out, <usize>n * h * w * c);
  for (let b = 0; b < n; b++) {
    for (let oy = 0; oy < ho; oy++) {
      for (let ky = 0; ky < kh; ky++) {
        const iy = oy * sy - top + ky * ey;
        if (iy < 0 || iy >= h) continue;
        for (let ox = 0; ox < wo; ox++) {
          for (let kx = 0; kx < kw; kx++) {
            const ix = ox * sx - left + kx * ex;
            if (ix < 0 || ix >= w) continue;
            tapInput(filter + (<usize>((ky * kw + kx) * c * m) << 2), dy + (<usize>(((b * ho + oy) * wo + ox) * c * m) << 2),
              out + (<usize>(((b * h + iy) * w + ix) * c) << 2), c, m);
          }
        }
      }
    }
  }
}

function tapFilter(x: usize, dy: usize, out: usize, c: i32, m: i32): void {
  let i = 0;
  if (m == 1) {
    for (; i + 4 <= c; i += 4) {
      v128.store(out, madd(v128.load(x), v128.load(dy), v128.load(out)));
      x += 16; dy += 16; out += 16;
    }
  }
  for (; i < c; i++) {
    const v = load<f32>(x);
    for (let j = 0; j < m; j++) {
      store<f32>(out, load<f32>(out) + v * load<f32>(dy));
      dy += 4; out += 4;
    }
    x += 4;
  }
}

function tapInput(filter: usize, dy: usize, out: usize, c: i32, m: i32): void {
  let i = 0;
  if (m == 1) {
    for (; i + 4 <= c; i += 4) {
      v128.store(out, madd(v128.load(filter), v128.load(dy), v128.load(out)));
      filter += 16; dy += 16; out += 16;
    }
  }
  for (; i < c; i++) {
    let sum = load<f32>(out);
    for (let j = 0; j < m; j++) {
      sum += load<f32>(filter) * load<f32>(dy);
      filter += 4; dy += 4;
    }
    store<f32>(out, sum);
    out += 4;
  }
}
