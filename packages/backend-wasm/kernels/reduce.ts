// Sums in a fixed order, in blocks, so that the error does not grow with the length.
import { loadPart, madd, reserve, sumLanes, zeroFloats } from "./simd";

/** How many pixels make a whole number of vectors: channels * repeats is a multiple of 4. */
// @ts-ignore: decorator
@inline
export function repeatsOf(channels: i32): i32 {
  return (channels & 3) == 0 ? 1 : (channels & 1) == 0 ? 2 : 4;
}

export function sumOfSquares(x: usize, count: i32): f64 {
  let total: f64 = 0;
  while (count > 0) {
    let block = min(count, 4096);
    count -= block;
    let s0 = f32x4.splat(0), s1 = s0;
    for (; block >= 8; block -= 8) {
      const a = v128.load(x), b = v128.load(x, 16);
      s0 = madd(a, a, s0);
      s1 = madd(b, b, s1);
      x += 32;
    }
    total += <f64>sumLanes(f32x4.add(s0, s1));
    for (; block > 0; block--) {
      const v = <f64>load<f32>(x);
      total += v * v;
      x += 4;
    }
  }
  return total;
}

/** y [c] = sum over rows of x [rows, c]: the gradient of a bias. */
export function columnSum(x: usize, y: usize, rows: i32, c: i32): void {
  const repeats = repeatsOf(c), length = c * repeats;
  const periods = rows / repeats;
  const sums = reserve(<usize>length << 2);
  zeroFloats(sums, length);
  const step = <usize>length << 2;
  for (let first = 0; first < periods; first += 64) {
    const count = min(64, periods - first);
    const block = x + <usize>first * step;
    let q = 0;
    for (; q + 16 <= length; q += 16) {
      let at = block + (<usize>q << 2);
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (let p = 0; p < count; p++) {
        s0 = f32x4.add(s0, v128.load(at));
        s1 = f32x4.add(s1, v128.load(at, 16));
        s2 = f32x4.add(s2, v128.load(at, 32));
        s3 = f32x4.add(s3, v128.load(at, 48));
        at += step;
      }
      const to = sums + (<usize>q << 2);
      v128.store(to, f32x4.add(s0, v128.load(to)));
      v128.store(to, f32x4.add(s1, v128.load(to, 16)), 16);
      v128.store(to, f32x4.add(s2, v128.load(to, 32)), 32);
      v128.store(to, f32x4.add(s3, v128.load(to, 48)), 48);
    }
    for (; q < length; q += 4) {
      let at = block + (<usize>q << 2);
      let s = f32x4.splat(0);
      for (let p = 0; p < count; p++) {
        s = f32x4.add(s, v128.load(at));
        at += step;
      }
      const to = sums + (<usize>q << 2);
      v128.store(to, f32x4.add(s, v128.load(to)));
    }
  }
  for (let i = 0; i < c; i++) {
    let total: f32 = 0;
    for (let r = 0; r < repeats; r++) total += load<f32>(sums + (<usize>(r * c + i) << 2));
    for (let r = periods * repeats; r < rows; r++) total += load<f32>(x + (<usize>(r * c + i) << 2));
    store<f32>(y + (<usize>i << 2), total);
  }
}
