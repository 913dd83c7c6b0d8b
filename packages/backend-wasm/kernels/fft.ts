// FF-Parser's transform: Re ifft2(fft2(x) A). Stockham's mixed-radix FFT (radix 4, 2, 3, any prime by the direct sum)
// over whole vectors of channels, which lie innermost. A real filter of a real map treats the two parts of a complex map
// alike, so two samples share one transform; the filter that acts on real maps is A's Hermitian part.
import { madd, reserve, zeroFloats } from "./simd";

// Between the planes of a power-of-two size, which would else share their cache sets.
const SKEW: usize = 320;

let re: usize = 0, im: usize = 0; // the map now
let spareRe: usize = 0, spareIm: usize = 0; // where the next stage writes

// @ts-ignore: decorator
@inline
function radixOf(n: i32): i32 {
  if ((n & 3) == 0) return 4;
  if ((n & 1) == 0) return 2;
  for (let f = 3; f * f <= n; f += 2) if (n % f == 0) return f;
  return n;
}

/** Forward transform along an axis of n: the map is [outer, n, inner]; table [n, 2] holds cos and sin of 2 pi j / n. */
function transformAxis(outer: i32, n: i32, inner: i32, table: usize): void {
  if (n == 1) return;
  let odd = false;
  for (let o = 0; o < outer; o++) {
    const offset = <usize>o * n * inner << 2;
    let fromRe = re + offset, fromIm = im + offset, toRe = spareRe + offset, toIm = spareIm + offset;
    odd = false;
    for (let rest = n, done = 1; rest > 1; ) {
      const radix = radixOf(rest);
      stage(rest, radix, <usize>done * inner << 2, n, table, fromRe, fromIm, toRe, toIm);
      rest /= radix;
      done *= radix;
      let t = fromRe; fromRe = toRe; toRe = t;
      t = fromIm; fromIm = toIm; toIm = t;
      odd = !odd;
    }
  }
  if (odd) {
    let t = re; re = spareRe; spareRe = t;
    t = im; im = spareIm; spareIm = t;
  }
}

/** Inverse, unscaled: forward with the two parts exchanged. */
function inverseAxis(outer: i32, n: i32, inner: i32, table: usize): void {
  exchange();
  transformAxis(outer, n, inner, table);
  exchange();
}

function exchange(): void {
  let t = re; re = im; im = t;
  t = spareRe; spareRe = spareIm; spareIm = t;
}

// @ts-ignore: decorator
@inline
function cosOf(table: usize, i: i32): v128 {
  return v128.load32_splat(table + (<usize>i << 3));
}

// @ts-ignore: decorator
@inline
function sinOf(table: usize, i: i32): v128 {
  return v128.load32_splat(table + (<usize>i << 3), 4);
}

/** Stores (re, im) times e^(-i angle). */
// @ts-ignore: decorator
@inline
function storeTurned(toRe: usize, toIm: usize, r: v128, i: v128, c: v128, s: v128): void {
  v128.store(toRe, madd(i, s, f32x4.mul(r, c)));
  v128.store(toIm, f32x4.sub(f32x4.mul(i, c), f32x4.mul(r, s)));
}

/** One stage: runs of `run` bytes, `length / radix` of them; y[radix p + k] = w^(p k) DFT(x[p + j m])_k. */
function stage(length: i32, radix: i32, run: usize, n: i32, table: usize, fromRe: usize, fromIm: usize, toRe: usize, toIm: usize): void {
  const m = length / radix, scale = n / length;
  const jump = <usize>m * run;
  for (let p = 0; p < m; p++) {
    const xr = fromRe + <usize>p * run, xi = fromIm + <usize>p * run;
    const yr = toRe + <usize>(p * radix) * run, yi = toIm + <usize>(p * radix) * run;
    if (radix == 4) {
      const c1 = cosOf(table, p * scale), s1 = sinOf(table, p * scale);
      const c2 = cosOf(table, 2 * p * scale), s2 = sinOf(table, 2 * p * scale);
      const c3 = cosOf(table, 3 * p * scale), s3 = sinOf(table, 3 * p * scale);
      for (let q: usize = 0; q < run; q += 16) {
        const a = xr + q, b = xi + q;
        const r0 = v128.load(a), i0 = v128.load(b), r1 = v128.load(a + jump), i1 = v128.load(b + jump);
        const r2 = v128.load(a + 2 * jump), i2 = v128.load(b + 2 * jump), r3 = v128.load(a + 3 * jump), i3 = v128.load(b + 3 * jump);
        const pr = f32x4.add(r0, r2), pi = f32x4.add(i0, i2), mr = f32x4.sub(r0, r2), mi = f32x4.sub(i0, i2);
        const qr = f32x4.add(r1, r3), qi = f32x4.add(i1, i3), nr = f32x4.sub(i1, i3), ni = f32x4.sub(r3, r1);
        v128.store(yr + q, f32x4.add(pr, qr));
        v128.store(yi + q, f32x4.add(pi, qi));
        storeTurned(yr + run + q, yi + run + q, f32x4.add(mr, nr), f32x4.add(mi, ni), c1, s1);
        storeTurned(yr + 2 * run + q, yi + 2 * run + q, f32x4.sub(pr, qr), f32x4.sub(pi, qi), c2, s2);
        storeTurned(yr + 3 * run + q, yi + 3 * run + q, f32x4.sub(mr, nr), f32x4.sub(mi, ni), c3, s3);
      }
    } else if (radix == 2) {
      const c1 = cosOf(table, p * scale), s1 = sinOf(table, p * scale);
      for (let q: usize = 0; q < run; q += 16) {
        const r0 = v128.load(xr + q), i0 = v128.load(xi + q), r1 = v128.load(xr + q + jump), i1 = v128.load(xi + q + jump);
        v128.store(yr + q, f32x4.add(r0, r1));
        v128.store(yi + q, f32x4.add(i0, i1));
        storeTurned(yr + run + q, yi + run + q, f32x4.sub(r0, r1), f32x4.sub(i0, i1), c1, s1);
      }
    } else {
      const root = n / radix;
      for (let k = 0; k < radix; k++) {
        const turn = <i32>((<i64>p * k * scale) % n);
        const c = cosOf(table, turn), s = sinOf(table, turn);
        for (let q: usize = 0; q < run; q += 16) {
          let r = f32x4.splat(0), i = r;
          let a = xr + q, b = xi + q;
          for (let j = 0, t = 0; j < radix; j++) {
            const cj = cosOf(table, t * root), sj = sinOf(table, t * root);
            const vr = v128.load(a), vi = v128.load(b);
            r = madd(vr, cj, madd(vi, sj, r));
            i = f32x4.sub(madd(vi, cj, i), f32x4.mul(vr, sj));
            a += jump; b += jump;
            t += k;
            if (t >= radix) t -= radix;
          }
          storeTurned(yr + <usize>k * run + q, yi + <usize>k * run + q, r, i, c, s);
        }
      }
    }
  }
}

/** Channels padded to whole vectors. */
// @ts-ignore: decorator
@inline
function padded(c: i32): i32 {
  return (c + 3) & ~3;
}

function loadMap(from: usize, to: usize, pixels: i32, c: i32): void {
  if ((c & 3) == 0) {
    memory.copy(to, from, <usize>pixels * c << 2);
    return;
  }
  const wide = padded(c);
  for (let p = 0; p < pixels; p++) {
    for (let i = 0; i < wide; i++) store<f32>(to + (<usize>i << 2), i < c ? load<f32>(from + (<usize>i << 2)) : 0);
    from += <usize>c << 2;
    to += <usize>wide << 2;
  }
}

function storeMap(from: usize, to: usize, pixels: i32, c: i32): void {
  if ((c & 3) == 0) {
    memory.copy(to, from, <usize>pixels * c << 2);
    return;
  }
  for (let p = 0; p < pixels; p++) {
    for (let i = 0; i < c; i++) store<f32>(to + (<usize>i << 2), load<f32>(from + (<usize>i << 2)));
    from += <usize>padded(c) << 2;
    to += <usize>c << 2;
  }
}

/** out [h, w, padded] = (a[k] + sign a[-k]) scale, for a [h, w, lda] of which c channels count. */
function mirrored(a: usize, lda: i32, out: usize, ldo: i32, h: i32, w: i32, c: i32, sign: f32, scale: f32): void {
  for (let y = 0; y < h; y++) {
    const my = y == 0 ? 0 : h - y;
    for (let x = 0; x < w; x++) {
      const mx = x == 0 ? 0 : w - x;
      const p = a + (<usize>(y * w + x) * lda << 2), q = a + (<usize>(my * w + mx) * lda << 2);
      const to = out + (<usize>(y * w + x) * ldo << 2);
      for (let i: usize = 0; i < <usize>c << 2; i += 4) store<f32>(to + i, (load<f32>(p + i) + sign * load<f32>(q + i)) * scale);
    }
  }
}

function hermitianFilter(real: usize, imag: usize, filterRe: usize, filterIm: usize, h: i32, w: i32, c: i32): void {
  const scale = <f32>(0.5 / (<f64>h * <f64>w));
  zeroFloats(filterRe, h * w * padded(c));
  zeroFloats(filterIm, h * w * padded(c));
  mirrored(real, c, filterRe, padded(c), h, w, c, 1, scale);
  if (imag) mirrored(imag, c, filterIm, padded(c), h, w, c, -1, scale);
}

/** Transforms two samples as one complex map; the second may be missing (0). */
function forward(first: usize, second: usize, h: i32, w: i32, c: i32, tableH: usize, tableW: usize): void {
  loadMap(first, re, h * w, c);
  if (second) loadMap(second, im, h * w, c);
  else zeroFloats(im, h * w * padded(c));
  transformAxis(h, w, padded(c), tableW);
  transformAxis(1, h, w * padded(c), tableH);
}

function backward(first: usize, second: usize, h: i32, w: i32, c: i32, tableH: usize, tableW: usize): void {
  inverseAxis(1, h, w * padded(c), tableH);
  inverseAxis(h, w, padded(c), tableW);
  storeMap(re, first, h * w, c);
  if (second) storeMap(im, second, h * w, c);
}

/** imag: 0 or [h, w, c]. */
export function spectralFilter(
  x: usize, real: usize, imag: usize, y: usize, n: i32, h: i32, w: i32, c: i32, tableH: usize, tableW: usize,
): void {
  const plane = <usize>(h * w * padded(c)) << 2;
  const step = plane + SKEW;
  const filterRe = reserve(6 * step), filterIm = filterRe + step;
  re = filterIm + step; im = re + step; spareRe = im + step; spareIm = spareRe + step;
  hermitianFilter(real, imag, filterRe, filterIm, h, w, c);
  const map = <usize>(h * w * c) << 2;
  for (let i = 0; i < n; i += 2) {
    const both = i + 1 < n;
    forward(x, both ? x + map : 0, h, w, c, tableH, tableW);
    for (let q: usize = 0; q < plane; q += 16) {
      const r = v128.load(re + q), v = v128.load(im + q), fr = v128.load(filterRe + q), fi = v128.load(filterIm + q);
      v128.store(re + q, f32x4.sub(f32x4.mul(r, fr), f32x4.mul(v, fi)));
      v128.store(im + q, madd(r, fi, f32x4.mul(v, fr)));
    }
    backward(y, both ? y + map : 0, h, w, c, tableH, tableW);
    x += 2 * map; y += 2 * map;
  }
}

/** dx is the conjugate filter on dy; with P the sum over samples of fft2(x) conj(fft2(dy)), dA = conj(P) / (h w). */
export function spectralFilterGradient(
  dy: usize, x: usize, real: usize, imag: usize, dx: usize, dreal: usize, dimag: usize,
  n: i32, h: i32, w: i32, c: i32, tableH: usize, tableW: usize,
): void {
  const plane = <usize>(h * w * padded(c)) << 2;
  const step = plane + SKEW;
  const filterRe = reserve(10 * step), filterIm = filterRe + step, sumRe = filterIm + step, sumIm = sumRe + step;
  const buffers = sumIm + step; // six planes: the spectrum of x keeps two of them
  hermitianFilter(real, imag, filterRe, filterIm, h, w, c);
  zeroFloats(sumRe, plane >> 2);
  zeroFloats(sumIm, plane >> 2);
  const map = <usize>(h * w * c) << 2;
  for (let i = 0; i < n; i += 2) {
    const both = i + 1 < n;
    re = buffers; im = re + step; spareRe = im + step; spareIm = spareRe + step;
    forward(x, both ? x + map : 0, h, w, c, tableH, tableW);
    const xr = re, xi = im;
    re = spareRe; im = spareIm; spareRe = buffers + 4 * step; spareIm = spareRe + step;
    forward(dy, both ? dy + map : 0, h, w, c, tableH, tableW);
    for (let q: usize = 0; q < plane; q += 16) {
      const zr = v128.load(xr + q), zi = v128.load(xi + q), r = v128.load(re + q), v = v128.load(im + q);
      const fr = v128.load(filterRe + q), fi = v128.load(filterIm + q);
      v128.store(sumRe + q, madd(zr, r, madd(zi, v, v128.load(sumRe + q))));
      v128.store(sumIm + q, f32x4.sub(madd(zi, r, v128.load(sumIm + q)), f32x4.mul(zr, v)));
      v128.store(re + q, madd(r, fr, f32x4.mul(v, fi)));
      v128.store(im + q, f32x4.sub(f32x4.mul(v, fr), f32x4.mul(r, fi)));
    }
    backward(dx, both ? dx + map : 0, h, w, c, tableH, tableW);
    x += 2 * map; dy += 2 * map; dx += 2 * map;
  }
  const scale = <f32>(0.5 / (<f64>h * <f64>w));
  mirrored(sumRe, padded(c), dreal, c, h, w, c, 1, scale);
  if (dimag) mirrored(sumIm, padded(c), dimag, c, h, w, c, -1, -scale);
}
