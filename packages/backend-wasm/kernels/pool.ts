// Gradients of pooling, and gather's gradient.
import { zeroFloats } from "./simd";

/** Each window's gradient goes to its first largest element. x, dx [n, h, w, c]; dy [n, ho, wo, c]. */
export function maxPoolGradient(
  x: usize, dy: usize, dx: usize, n: i32, h: i32, w: i32, c: i32, ho: i32, wo: i32,
  kh: i32, kw: i32, sy: i32, sx: i32, ey: i32, ex: i32, top: i32, left: i32,
): void {
  zeroFloats(dx, <usize>n * h * w * c);
  for (let b = 0; b < n; b++) {
    const sample = <usize>(b * h * w * c) << 2;
    for (let oy = 0; oy < ho; oy++) {
      for (let ox = 0; ox < wo; ox++) {
        for (let i = 0; i < c; i++) {
          let best: f32 = -Infinity, at: i32 = -1;
          for (let ky = 0; ky < kh; ky++) {
            const iy = oy * sy - top + ky * ey;
            if (iy < 0 || iy >= h) continue;
            for (let kx = 0; kx < kw; kx++) {
              const ix = ox * sx - left + kx * ex;
              if (ix < 0 || ix >= w) continue;
              const index = (iy * w + ix) * c + i;
              const v = load<f32>(x + sample + (<usize>index << 2));
              if (v > best || at < 0) {
                best = v;
                at = index;
              }
            }
          }
          if (at >= 0) {
            const to = dx + sample + (<usize>at << 2);
            store<f32>(to, load<f32>(to) + load<f32>(dy));
          }
          dy += 4;
        }
      }
    }
  }
}

/** Each window's gradient is shared by the elements that it covers: those of the padding do not count. */
export function averagePoolGradient(
  dy: usize, dx: usize, n: i32, h: i32, w: i32, c: i32, ho: i32, wo: i32,
  kh: i32, kw: i32, sy: i32, sx: i32, top: i32, left: i32,
): void {
  zeroFloats(dx, <usize>n * h * w * c);
  for (let b = 0; b < n; b++) {
    const sample = dx + (<usize>(b * h * w * c) << 2);
    for (let oy = 0; oy < ho; oy++) {
      const y0 = max(0, oy * sy - top), y1 = min(h, oy * sy - top + kh);
      for (let ox = 0; ox < wo; ox++) {
        const x0 = max(0, ox * sx - left), x1 = min(w, ox * sx - left + kw);
        const share = <f32>(1.0 / <f64>max(1, (y1 - y0) * (x1 - x0)));
        for (let iy = y0; iy < y1; iy++) {
          for (let ix = x0; ix < x1; ix++) {
            const to = sample + (<usize>((iy * w + ix) * c) << 2);
            for (let i: usize = 0; i < <usize>c << 2; i += 4) store<f32>(to + i, load<f32>(to + i) + share * load<f32>(dy + i));
          }
        }
        dy += <usize>c << 2;
      }
    }
  }
}

/** y [segments, width]: row i of x [rows, width] is added to row ids[i]; ids outside are dropped. */
export function segmentSum(x: usize, ids: usize, y: usize, rows: i32, width: i32, segments: i32): void {
  zeroFloats(y, <usize>segments * width);
  for (let r = 0; r < rows; r++) {
    const id = load<i32>(ids + (<usize>r << 2));
    if (id >= 0 && id < segments) {
      const to = y + (<usize>(id * width) << 2);
      let i = 0;
      for (; i + 4 <= width; i += 4) {
        const o = <usize>i << 2;
        v128.store(to + o, f32x4.add(v128.load(to + o), v128.load(x + o)));
      }
      for (; i < width; i++) {
        const o = <usize>i << 2;
        store<f32>(to + o, load<f32>(to + o) + load<f32>(x + o));
      }
    }
    x += <usize>width << 2;
  }
}
