// Gradients of the 3-D convolution, NDHWC, filter [kd, kh, kw, cin, cout]: right at every stride.
import { madd, sumLanes, zeroFloats } from "./simd";

export function conv3dInputGradient(
  dy: usize, filter: usize, out: usize, n: i32, d: i32, h: i32, w: i32, cin: i32, od: i32, oh: i32, ow: i32, cout: i32,
  kd: i32, kh: i32, kw: i32, sd: i32, sy: i32, sx: i32, front: i32, top: i32, left: i32,
): void {
  zeroFloats(out, <usize>n * d * h * w * cin);
  for (let b = 0; b < n; b++) {
    for (let z = 0; z < od; z++) for (let y = 0; y < oh; y++) for (let x = 0; x < ow; x++) {
      for (let kz = 0; kz < kd; kz++) {
        const iz = z * sd - front + kz;
        if (iz < 0 || iz >= d) continue;
        for (let ky = 0; ky < kh; ky++) {
          const iy = y * sy - top + ky;
          if (iy < 0 || iy >= h) continue;
          for (let kx = 0; kx < kw; kx++) {
            const ix = x * sx - left + kx;
            if (ix < 0 || ix >= w) continue;
            const to = out + (<usize>((((b * d + iz) * h + iy) * w + ix) * cin) << 2);
            let f = filter + (<usize>(((kz * kh + ky) * kw + kx) * cin * cout) << 2);
            for (let i = 0; i < cin; i++) {
              const p = to + (<usize>i << 2);
              store<f32>(p, load<f32>(p) + dot(dy, f, cout));
              f += <usize>cout << 2;
            }
          }
        }
      }
      dy += <usize>cout << 2;
    }
  }
}

export function conv3dFilterGradient(
  x0: usize, dy: usize, out: usize, n: i32, d: i32, h: i32, w: i32, cin: i32, od: i32, oh: i32, ow: i32, cout: i32,
  kd: i32, kh: i32, kw: i32, sd: i32, sy: i32, sx: i32, front: i32, top: i32, left: i32,
): void {
  zeroFloats(out, <usize>(kd * kh * kw) * cin * cout);
  for (let b = 0; b < n; b++) {
    for (let z = 0; z < od; z++) for (let y = 0; y < oh; y++) for (let x = 0; x < ow; x++) {
      for (let kz = 0; kz < kd; kz++) {
        const iz = z * sd - front + kz;
        if (iz < 0 || iz >= d) continue;
        for (let ky = 0; ky < kh; ky++) {
          const iy = y * sy - top + ky;
          if (iy < 0 || iy >= h) continue;
          for (let kx = 0; kx < kw; kx++) {
            const ix = x * sx - left + kx;
            if (ix < 0 || ix >= w) continue;
            const from = x0 + (<usize>((((b * d + iz) * h + iy) * w + ix) * cin) << 2);
            let f = out + (<usize>(((kz * kh + ky) * kw + kx) * cin * cout) << 2);
            for (let i = 0; i < cin; i++) {
              addScaled(load<f32>(from + (<usize>i << 2)), dy, f, cout);
              f += <usize>cout << 2;
            }
          }
        }
      }
      dy += <usize>cout << 2;
    }
  }
}

function dot(a: usize, b: usize, count: i32): f32 {
  let s = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    s = madd(v128.load(a), v128.load(b), s);
    a += 16; b += 16;
  }
  let total = sumLanes(s);
  for (; i < count; i++) {
    total += load<f32>(a) * load<f32>(b);
    a += 4; b += 4;
  }
  return total;
}

function addScaled(factor: f32, a: usize, to: usize, count: i32): void {
  const s = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(to, madd(v128.load(a), s, v128.load(to)));
    a += 16; to += 16;
  }
  for (; i < count; i++) {
    store<f32>(to, load<f32>(to) + load<f32>(a) * factor);
    a += 4; to += 4;
  }
}
