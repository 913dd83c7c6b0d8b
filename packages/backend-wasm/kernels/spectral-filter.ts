// FF-Parser's transform: Re ifft2(fft2(x) A). A map is real, so its even rows are the real parts and its odd rows the
// imaginary parts of a complex map z of half the height; where the height is odd, all are real parts. Nothing is shared
// between samples: each has the same bits alone and in a batch.
//
// With E and O the spectra of the even and the odd rows, Z = E + i O, and k, l the frequencies along height h and width,
//   X[k, l] = E + w O,  X[k + h/2, l] = E - w O,  w = e^(-i t), t = 2 pi k / h.
// The filter that acts on real maps is A's Hermitian part H. With P and M half the sum and half the difference of
// H[k, l] and H[k + h/2, l], it is S Z + D conj(Z[-k, -l]) on Z, S = P - M sin t, D = i M cos t.
import { cosOf, exchange, im, re, setMap, settle, sinOf, spareIm, spareRe, swapSpare, transformAxis, transformLine } from "./fft";
import { loadPart, madd, reserve, storePart, zeroFloats } from "./simd";

// Between the planes of a power-of-two size, which would else share their cache sets.
const SKEW: usize = 320;

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

/** Up to four channels, zeros where there are fewer. */
// @ts-ignore: decorator
@inline
function loadLanes(at: usize, count: i32): v128 {
  return count >= 4 ? v128.load(at) : loadPart(at, count);
}

// @ts-ignore: decorator
@inline
function storeLanes(at: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(at, v);
  else storePart(at, v, count);
}

/** Rows of z: half of those of an even height. */
// @ts-ignore: decorator
@inline
function packedRows(h: i32): i32 {
  return (h & 1) == 0 ? h >> 1 : h;
}

/** -k of an axis of n. */
// @ts-ignore: decorator
@inline
function mirror(k: i32, n: i32): i32 {
  return k == 0 ? 0 : n - k;
}

/**
 * S and D, scaled for the inverse, as planes [rows, w, padded]: Re S, Im D and, where there is an imaginary part, Im S,
 * Re D. `sign` -1 takes the conjugate of the filter.
 */
function packFilter(
  real: usize, imag: usize, sign: f32, filter: usize, step: usize, h: i32, w: i32, c: i32, tableH: usize,
): void {
  const rows = packedRows(h), wide = padded(c);
  const scale = <f32>(0.25 / (<f64>rows * <f64>w));
  const scaleRe = f32x4.splat(scale), scaleIm = f32x4.splat(sign * scale);
  for (let y = 0; y < rows; y++) {
    const cos = cosOf(tableH, y), sin = sinOf(tableH, y);
    // An odd height has no other half: M is zero.
    const other = rows < h ? y + rows : y;
    for (let x = 0; x < w; x++) {
      const mx = mirror(x, w);
      const a = <usize>((y * w + x) * c) << 2, ma = <usize>((mirror(y, h) * w + mx) * c) << 2;
      const b = <usize>((other * w + x) * c) << 2, mb = <usize>((mirror(other, h) * w + mx) * c) << 2;
      let to = filter + (<usize>((y * w + x) * wide) << 2);
      for (let i = 0; i < c; i += 4) {
        const at = <usize>i << 2, count = c - i;
        const ar = f32x4.add(loadLanes(real + a + at, count), loadLanes(real + ma + at, count));
        const br = f32x4.add(loadLanes(real + b + at, count), loadLanes(real + mb + at, count));
        const p = f32x4.mul(f32x4.add(ar, br), scaleRe), m = f32x4.mul(f32x4.sub(ar, br), scaleRe);
        v128.store(to, f32x4.sub(p, f32x4.mul(m, sin)));
        v128.store(to + step, f32x4.mul(m, cos));
        if (imag) {
          const ai = f32x4.sub(loadLanes(imag + a + at, count), loadLanes(imag + ma + at, count));
          const bi = f32x4.sub(loadLanes(imag + b + at, count), loadLanes(imag + mb + at, count));
          const q = f32x4.mul(f32x4.add(ai, bi), scaleIm), n = f32x4.mul(f32x4.sub(ai, bi), scaleIm);
          v128.store(to + 2 * step, f32x4.sub(q, f32x4.mul(n, sin)));
          v128.store(to + 3 * step, f32x4.neg(f32x4.mul(n, cos)));
        }
        to += 16;
      }
    }
  }
}

/**
 * Z becomes S Z + D conj(Z[-k, -l]). Before that, where there are sums, adds to them the products of the spectrum
 * (xr, xi) with conj(Z) and with Z[-k, -l], or the two parts of these that count.
 */
function applyFilter(
  filter: usize, step: usize, complex: bool, rows: i32, w: i32, wide: i32, xr: usize, xi: usize, sums: usize,
): void {
  const pixel = <usize>wide << 2;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < w; x++) {
      const k = <usize>(y * w + x) * pixel, m = <usize>(mirror(y, rows) * w + mirror(x, w)) * pixel;
      for (let i: usize = 0; i < pixel; i += 16) {
        const at = k + i;
        const r = v128.load(re + at), v = v128.load(im + at);
        const mr = v128.load(re + m + i), mv = v128.load(im + m + i);
        if (sums) {
          const zr = v128.load(xr + at), zi = v128.load(xi + at), to = sums + at;
          v128.store(to, madd(zr, r, madd(zi, v, v128.load(to))));
          v128.store(to + step, madd(zi, mr, madd(zr, mv, v128.load(to + step))));
          if (complex) {
            v128.store(to + 2 * step, f32x4.sub(madd(zi, r, v128.load(to + 2 * step)), f32x4.mul(zr, v)));
            v128.store(to + 3 * step, f32x4.sub(madd(zr, mr, v128.load(to + 3 * step)), f32x4.mul(zi, mv)));
          }
        }
        const sr = v128.load(filter + at), di = v128.load(filter + step + at);
        let a = madd(sr, r, f32x4.mul(di, mv)), b = madd(sr, v, f32x4.mul(di, mr));
        if (complex) {
          const si = v128.load(filter + 2 * step + at), dr = v128.load(filter + 3 * step + at);
          a = f32x4.sub(madd(dr, mr, a), f32x4.mul(si, v));
          b = f32x4.sub(madd(si, r, b), f32x4.mul(dr, mv));
        }
        v128.store(spareRe + at, a);
        v128.store(spareIm + at, b);
      }
    }
  }
  swapSpare();
}

/**
 * Whether the first stage reads rows, and the last one writes them, where they are: pairs of whole vectors. Long ones are
 * copied, since the two rows of a pair would share their cache sets.
 */
// @ts-ignore: decorator
@inline
function withoutCopy(h: i32, w: i32, c: i32): bool {
  return (h & 1) == 0 && (c & 3) == 0 && w > 1 && w * c <= 4096;
}

/** Transforms a sample. */
function forward(x: usize, h: i32, w: i32, c: i32, tableH: usize, tableW: usize): void {
  const rows = packedRows(h), wide = padded(c);
  const line = <usize>(w * c) << 2, wideLine = <usize>(w * wide) << 2;
  if (withoutCopy(h, w, c)) {
    for (let i = 0; i < rows; i++) {
      transformLine(w, c, tableW, w, x, x + line, <usize>i * line, 0, 0);
      x += 2 * line;
    }
    settle(w);
  } else {
    if (rows == h) zeroFloats(im, h * w * wide);
    for (let i = 0; i < h; i++) {
      if (rows == h) loadMap(x, re + <usize>i * wideLine, w, c);
      else loadMap(x, (i & 1 ? im : re) + <usize>(i >> 1) * wideLine, w, c);
      x += line;
    }
    transformAxis(rows, w, wide, tableW, w);
  }
  transformAxis(1, rows, w * wide, tableH, h);
}

/** The inverse of {@link forward}, unscaled. */
function backward(y: usize, h: i32, w: i32, c: i32, tableH: usize, tableW: usize): void {
  const rows = packedRows(h), wide = padded(c);
  const line = <usize>(w * c) << 2, wideLine = <usize>(w * wide) << 2;
  exchange();
  transformAxis(1, rows, w * wide, tableH, h);
  if (withoutCopy(h, w, c)) {
    for (let i = 0; i < rows; i++) {
      const offset = <usize>i * line;
      transformLine(w, c, tableW, w, re + offset, im + offset, offset, y + line, y);
      y += 2 * line;
    }
    exchange();
  } else {
    transformAxis(rows, w, wide, tableW, w);
    exchange();
    for (let i = 0; i < h; i++) {
      if (rows == h) storeMap(re + <usize>i * wideLine, y, w, c);
      else storeMap((i & 1 ? im : re) + <usize>(i >> 1) * wideLine, y, w, c);
      y += line;
    }
  }
}

/** imag: 0 or [h, w, c]. */
export function spectralFilter(
  x: usize, real: usize, imag: usize, y: usize, n: i32, h: i32, w: i32, c: i32, tableH: usize, tableW: usize,
): void {
  const rows = packedRows(h), wide = padded(c);
  const step = (<usize>(rows * w * wide) << 2) + SKEW;
  const filter = reserve((imag ? 8 : 6) * step);
  const planes = filter + (imag ? 4 : 2) * step;
  setMap(planes, planes + step, planes + 2 * step, planes + 3 * step);
  packFilter(real, imag, 1, filter, step, h, w, c, tableH);
  const map = <usize>(h * w * c) << 2;
  for (let i = 0; i < n; i++) {
    forward(x, h, w, c, tableH, tableW);
    applyFilter(filter, step, imag != 0, rows, w, wide, 0, 0, 0);
    backward(y, h, w, c, tableH, tableW);
    x += map; y += map;
  }
}

/**
 * dx is the conjugate filter on dy. With the cross spectrum C = fft2(x) conj(fft2(dy)), summed over samples,
 * dA = conj(C) / (h w). From the packed spectra Z and G come Q = Z conj(G) and R = Z G[-k, -l], which hold it: with primes
 * for [-k, -l], t as above,
 *   C[k, l] = U + V,  C[k + h/2, l] = U - V,  U = (Q + conj(Q')) / 2,
 *   2 Re V = (Im R + Im R') cos t - (Re Q - Re Q') sin t,  2 Im V = (Re R' - Re R) cos t - (Im Q + Im Q') sin t.
 */
export function spectralFilterGradient(
  dy: usize, x: usize, real: usize, imag: usize, dx: usize, dreal: usize, dimag: usize,
  n: i32, h: i32, w: i32, c: i32, tableH: usize, tableW: usize,
): void {
  const rows = packedRows(h), wide = padded(c);
  const plane = <usize>(rows * w * wide) << 2;
  const step = plane + SKEW;
  const parts: usize = imag ? 4 : 2;
  const filter = reserve((2 * parts + 6) * step);
  const sums = filter + parts * step; // Re Q, Im R and, where there is an imaginary part, Im Q, Re R
  const planes = sums + parts * step; // six: the spectrum of x keeps two of them
  packFilter(real, imag, -1, filter, step, h, w, c, tableH);
  for (let part: usize = 0; part < parts; part++) zeroFloats(sums + part * step, rows * w * wide);
  const map = <usize>(h * w * c) << 2;
  for (let i = 0; i < n; i++) {
    setMap(planes, planes + step, planes + 2 * step, planes + 3 * step);
    forward(x, h, w, c, tableH, tableW);
    const xr = re, xi = im;
    setMap(spareRe, spareIm, planes + 4 * step, planes + 5 * step);
    forward(dy, h, w, c, tableH, tableW);
    applyFilter(filter, step, imag != 0, rows, w, wide, xr, xi, sums);
    backward(dx, h, w, c, tableH, tableW);
    x += map; dy += map; dx += map;
  }
  unpackSums(sums, step, dreal, dimag, h, w, c, tableH);
}

/** dreal and, unless it is 0, dimag from the sums. */
function unpackSums(sums: usize, step: usize, dreal: usize, dimag: usize, h: i32, w: i32, c: i32, tableH: usize): void {
  const rows = packedRows(h), wide = padded(c);
  const scale = f32x4.splat(<f32>(0.5 / (<f64>h * <f64>w)));
  const half = <usize>(rows * w * c) << 2;
  for (let y = 0; y < rows; y++) {
    const cos = cosOf(tableH, y), sin = sinOf(tableH, y);
    for (let x = 0; x < w; x++) {
      const k = sums + (<usize>((y * w + x) * wide) << 2);
      const m = sums + (<usize>((mirror(y, rows) * w + mirror(x, w)) * wide) << 2);
      const to = <usize>((y * w + x) * c) << 2;
      for (let i = 0; i < c; i += 4) {
        const at = <usize>i << 2, count = c - i;
        const q = v128.load(k + at), mq = v128.load(m + at);
        const u = f32x4.add(q, mq);
        let v = f32x4.mul(f32x4.add(v128.load(k + step + at), v128.load(m + step + at)), cos);
        v = f32x4.sub(v, f32x4.mul(f32x4.sub(q, mq), sin));
        if (rows == h) storeLanes(dreal + to + at, f32x4.mul(u, scale), count);
        else {
          storeLanes(dreal + to + at, f32x4.mul(f32x4.add(u, v), scale), count);
          storeLanes(dreal + half + to + at, f32x4.mul(f32x4.sub(u, v), scale), count);
        }
        if (dimag) {
          const qi = v128.load(k + 2 * step + at), mqi = v128.load(m + 2 * step + at);
          // Those of conj(C).
          const ui = f32x4.sub(mqi, qi);
          let vi = f32x4.mul(f32x4.sub(v128.load(k + 3 * step + at), v128.load(m + 3 * step + at)), cos);
          vi = f32x4.add(vi, f32x4.mul(f32x4.add(qi, mqi), sin));
          if (rows == h) storeLanes(dimag + to + at, f32x4.mul(ui, scale), count);
          else {
            storeLanes(dimag + to + at, f32x4.mul(f32x4.add(ui, vi), scale), count);
            storeLanes(dimag + half + to + at, f32x4.mul(f32x4.sub(ui, vi), scale), count);
          }
        }
      }
    }
  }
}
