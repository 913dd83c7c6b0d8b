// Nearest upsampling and sums over squares: each is the other's transpose.
import { loadPart, storePart } from "./simd";

/** x [n, h, w, c] -> y [n, h f, w f, c], times a scale; rows = n h. */
export function upsample(x: usize, y: usize, rows: i32, w: i32, c: i32, factor: i32, scale: f32): void {
  const s = f32x4.splat(scale);
  const pixel = <usize>c << 2, line = <usize>(w * factor) * pixel;
  for (let r = 0; r < rows; r++) {
    let to = y;
    for (let i = 0; i < w; i++) {
      let q = 0;
      for (; q + 4 <= c; q += 4) {
        const v = f32x4.mul(v128.load(x), s);
        let p = to + (<usize>q << 2);
        for (let f = 0; f < factor; f++) {
          v128.store(p, v);
          p += pixel;
        }
        x += 16;
      }
      if (q < c) {
        const left = c - q, v = f32x4.mul(loadPart(x, left), s);
        let p = to + (<usize>q << 2);
        for (let f = 0; f < factor; f++) {
          storePart(p, v, left);
          p += pixel;
        }
        x += <usize>left << 2;
      }
      to += <usize>factor * pixel;
    }
    for (let f = 1; f < factor; f++) memory.copy(y + <usize>f * line, y, line);
    y += <usize>factor * line;
  }
}

/** x [n, h f, w f, c] -> y [n, h, w, c], the sums over f x f squares times a scale; rows = n h, w of the result. */
export function sumPool(x: usize, y: usize, rows: i32, w: i32, c: i32, factor: i32, scale: f32): void {
  const s = f32x4.splat(scale);
  const pixel = <usize>c << 2, line = <usize>(w * factor) * pixel;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < w; i++) {
      for (let q = 0; q < c; q += 4) {
        const left = c - q;
        let sum = f32x4.splat(0);
        for (let fy = 0; fy < factor; fy++) {
          let p = x + <usize>fy * line + (<usize>q << 2);
          for (let fx = 0; fx < factor; fx++) {
            sum = f32x4.add(sum, left >= 4 ? v128.load(p) : loadPart(p, left));
            p += pixel;
          }
        }
        sum = f32x4.mul(sum, s);
        if (left >= 4) v128.store(y + (<usize>q << 2), sum);
        else storePart(y + (<usize>q << 2), sum, left);
      }
      x += <usize>factor * pixel;
      y += pixel;
    }
    x += <usize>(factor - 1) * line;
  }
}
