// Stockham's mixed-radix FFT (radix 8, 4, 2, any odd prime by the direct sum) over whole vectors: a line of n values of
// which each is a run of floats. Maps lie as two planes, real and imaginary parts, with two spare ones beside them.
import { madd } from "./simd";

export let re: usize = 0, im: usize = 0; // the map now
export let spareRe: usize = 0, spareIm: usize = 0; // where the next stage writes

export function setMap(real: usize, imag: usize, spareReal: usize, spareImag: usize): void {
  re = real; im = imag;
  spareRe = spareReal; spareIm = spareImag;
}

export function swapSpare(): void {
  setMap(spareRe, spareIm, re, im);
}

/** Exchanges the two parts: a forward transform between two of these is the inverse, unscaled. */
export function exchange(): void {
  setMap(im, re, spareIm, spareRe);
}

// Powers of two in as few stages as fours and eights allow: 8 = 8, 16 = 4 4, 32 = 8 4, 64 = 8 8, 128 = 8 4 4.
// @ts-ignore: decorator
@inline
function radixOf(n: i32): i32 {
  const twos = ctz(n);
  if (twos > 0) return twos == 1 ? 2 : twos == 2 || twos == 4 ? 4 : 8;
  for (let f = 3; f * f <= n; f += 2) if (n % f == 0) return f;
  return n;
}

/**
 * Forward transform of a line of n runs of `inner` floats that begins at `from`; table holds cos and sin of 2 pi j / size,
 * n divides size. The stages write by turns into the spare planes and the planes at `offset`, the last one to `to` unless
 * that is 0.
 */
export function transformLine(
  n: i32, inner: i32, table: usize, size: i32, fromRe: usize, fromIm: usize, offset: usize, toRe: usize, toIm: usize,
): void {
  let nextRe = spareRe + offset, nextIm = spareIm + offset, otherRe = re + offset, otherIm = im + offset;
  for (let rest = n, done = 1; rest > 1; ) {
    const radix = radixOf(rest);
    if (rest == radix && toRe != 0) { nextRe = toRe; nextIm = toIm; }
    stage(rest, radix, <usize>done * inner << 2, size, table, fromRe, fromIm, nextRe, nextIm);
    rest /= radix;
    done *= radix;
    fromRe = nextRe; fromIm = nextIm;
    nextRe = otherRe; nextIm = otherIm;
    otherRe = fromRe; otherIm = fromIm;
  }
}

/** Makes the planes that hold the result of {@link transformLine}s of n those of the map. */
export function settle(n: i32): void {
  let odd = false;
  for (let rest = n; rest > 1; rest /= radixOf(rest)) odd = !odd;
  if (odd) swapSpare();
}

/** Forward transform along an axis of n: the map is [outer, n, inner]. */
export function transformAxis(outer: i32, n: i32, inner: i32, table: usize, size: i32): void {
  for (let o = 0; o < outer; o++) {
    const offset = <usize>o * n * inner << 2;
    transformLine(n, inner, table, size, re + offset, im + offset, offset, 0, 0);
  }
  settle(n);
}

// @ts-ignore: decorator
@inline
export function cosOf(table: usize, i: i32): v128 {
  return v128.load32_splat(table + (<usize>i << 3));
}

// @ts-ignore: decorator
@inline
export function sinOf(table: usize, i: i32): v128 {
  return v128.load32_splat(table + (<usize>i << 3), 4);
}

/** Stores (re, im) times e^(-i angle); as it is where the angle is zero. */
// @ts-ignore: decorator
@inline
function storeTurned(toRe: usize, toIm: usize, r: v128, i: v128, c: v128, s: v128, turned: bool): void {
  v128.store(toRe, turned ? madd(i, s, f32x4.mul(r, c)) : r);
  v128.store(toIm, turned ? f32x4.sub(f32x4.mul(i, c), f32x4.mul(r, s)) : i);
}

/** Four runs `jump` apart into four beside each other; angle: index of the first turn in the table. */
// @ts-ignore: decorator
@inline
function stage4(xr: usize, xi: usize, jump: usize, yr: usize, yi: usize, run: usize, table: usize, angle: i32, turned: bool): void {
  const c1 = cosOf(table, angle), s1 = sinOf(table, angle);
  const c2 = cosOf(table, 2 * angle), s2 = sinOf(table, 2 * angle);
  const c3 = cosOf(table, 3 * angle), s3 = sinOf(table, 3 * angle);
  for (let q: usize = 0; q < run; q += 16) {
    const a = xr + q, b = xi + q;
    const r0 = v128.load(a), i0 = v128.load(b), r1 = v128.load(a + jump), i1 = v128.load(b + jump);
    const r2 = v128.load(a + 2 * jump), i2 = v128.load(b + 2 * jump), r3 = v128.load(a + 3 * jump), i3 = v128.load(b + 3 * jump);
    const pr = f32x4.add(r0, r2), pi = f32x4.add(i0, i2), mr = f32x4.sub(r0, r2), mi = f32x4.sub(i0, i2);
    const qr = f32x4.add(r1, r3), qi = f32x4.add(i1, i3), nr = f32x4.sub(i1, i3), ni = f32x4.sub(r3, r1);
    v128.store(yr + q, f32x4.add(pr, qr));
    v128.store(yi + q, f32x4.add(pi, qi));
    storeTurned(yr + run + q, yi + run + q, f32x4.add(mr, nr), f32x4.add(mi, ni), c1, s1, turned);
    storeTurned(yr + 2 * run + q, yi + 2 * run + q, f32x4.sub(pr, qr), f32x4.sub(pi, qi), c2, s2, turned);
    storeTurned(yr + 3 * run + q, yi + 3 * run + q, f32x4.sub(mr, nr), f32x4.sub(mi, ni), c3, s3, turned);
  }
}

/** Eight runs, as {@link stage4}. */
// @ts-ignore: decorator
@inline
function stage8(xr: usize, xi: usize, jump: usize, yr: usize, yi: usize, run: usize, table: usize, angle: i32, turned: bool): void {
  const root = f32x4.splat(0.70710678118654752);
  for (let q: usize = 0; q < run; q += 16) {
    const a = xr + q, b = xi + q;
    let toRe = yr + q, toIm = yi + q;
    // Four of the even runs, then of the odd ones.
    let r0 = v128.load(a), i0 = v128.load(b), r1 = v128.load(a + 4 * jump), i1 = v128.load(b + 4 * jump);
    let pr = f32x4.add(r0, r1), pi = f32x4.add(i0, i1), mr = f32x4.sub(r0, r1), mi = f32x4.sub(i0, i1);
    r0 = v128.load(a + 2 * jump); i0 = v128.load(b + 2 * jump); r1 = v128.load(a + 6 * jump); i1 = v128.load(b + 6 * jump);
    let qr = f32x4.add(r0, r1), qi = f32x4.add(i0, i1), nr = f32x4.sub(i0, i1), ni = f32x4.sub(r1, r0);
    const er0 = f32x4.add(pr, qr), ei0 = f32x4.add(pi, qi), er2 = f32x4.sub(pr, qr), ei2 = f32x4.sub(pi, qi);
    const er1 = f32x4.add(mr, nr), ei1 = f32x4.add(mi, ni), er3 = f32x4.sub(mr, nr), ei3 = f32x4.sub(mi, ni);
    r0 = v128.load(a + jump); i0 = v128.load(b + jump); r1 = v128.load(a + 5 * jump); i1 = v128.load(b + 5 * jump);
    pr = f32x4.add(r0, r1); pi = f32x4.add(i0, i1); mr = f32x4.sub(r0, r1); mi = f32x4.sub(i0, i1);
    r0 = v128.load(a + 3 * jump); i0 = v128.load(b + 3 * jump); r1 = v128.load(a + 7 * jump); i1 = v128.load(b + 7 * jump);
    qr = f32x4.add(r0, r1); qi = f32x4.add(i0, i1); nr = f32x4.sub(i0, i1); ni = f32x4.sub(r1, r0);
    r0 = f32x4.add(pr, qr); i0 = f32x4.add(pi, qi);
    v128.store(toRe, f32x4.add(er0, r0));
    v128.store(toIm, f32x4.add(ei0, i0));
    const far = 4 * run;
    turn(toRe + far, toIm + far, f32x4.sub(er0, r0), f32x4.sub(ei0, i0), table, 4 * angle, turned);
    toRe += run; toIm += run;
    r0 = f32x4.add(mr, nr); i0 = f32x4.add(mi, ni);
    r1 = f32x4.mul(f32x4.add(r0, i0), root); i1 = f32x4.mul(f32x4.sub(i0, r0), root);
    turn(toRe, toIm, f32x4.add(er1, r1), f32x4.add(ei1, i1), table, angle, turned);
    turn(toRe + far, toIm + far, f32x4.sub(er1, r1), f32x4.sub(ei1, i1), table, 5 * angle, turned);
    toRe += run; toIm += run;
    r1 = f32x4.sub(pi, qi); i1 = f32x4.sub(qr, pr);
    turn(toRe, toIm, f32x4.add(er2, r1), f32x4.add(ei2, i1), table, 2 * angle, turned);
    turn(toRe + far, toIm + far, f32x4.sub(er2, r1), f32x4.sub(ei2, i1), table, 6 * angle, turned);
    toRe += run; toIm += run;
    r0 = f32x4.sub(mr, nr); i0 = f32x4.sub(mi, ni);
    r1 = f32x4.mul(f32x4.sub(i0, r0), root); i1 = f32x4.neg(f32x4.mul(f32x4.add(r0, i0), root));
    turn(toRe, toIm, f32x4.add(er3, r1), f32x4.add(ei3, i1), table, 3 * angle, turned);
    turn(toRe + far, toIm + far, f32x4.sub(er3, r1), f32x4.sub(ei3, i1), table, 7 * angle, turned);
  }
}

/** {@link storeTurned} by an angle of the table. */
// @ts-ignore: decorator
@inline
function turn(toRe: usize, toIm: usize, r: v128, i: v128, table: usize, angle: i32, turned: bool): void {
  if (turned) storeTurned(toRe, toIm, r, i, cosOf(table, angle), sinOf(table, angle), true);
  else storeTurned(toRe, toIm, r, i, r, i, false);
}

/** Two runs, as {@link stage4}. */
// @ts-ignore: decorator
@inline
function stage2(xr: usize, xi: usize, jump: usize, yr: usize, yi: usize, run: usize, table: usize, angle: i32, turned: bool): void {
  const c1 = cosOf(table, angle), s1 = sinOf(table, angle);
  for (let q: usize = 0; q < run; q += 16) {
    const r0 = v128.load(xr + q), i0 = v128.load(xi + q), r1 = v128.load(xr + q + jump), i1 = v128.load(xi + q + jump);
    v128.store(yr + q, f32x4.add(r0, r1));
    v128.store(yi + q, f32x4.add(i0, i1));
    storeTurned(yr + run + q, yi + run + q, f32x4.sub(r0, r1), f32x4.sub(i0, i1), c1, s1, turned);
  }
}

/** One stage: runs of `run` bytes, `length / radix` of them; y[radix p + k] = w^(p k) DFT(x[p + j m])_k. */
function stage(length: i32, radix: i32, run: usize, size: i32, table: usize, fromRe: usize, fromIm: usize, toRe: usize, toIm: usize): void {
  const m = length / radix, scale = size / length;
  const jump = <usize>m * run;
  for (let p = 0; p < m; p++) {
    const xr = fromRe + <usize>p * run, xi = fromIm + <usize>p * run;
    const yr = toRe + <usize>(p * radix) * run, yi = toIm + <usize>(p * radix) * run;
    if (radix == 8) {
      if (p == 0) stage8(xr, xi, jump, yr, yi, run, table, 0, false);
      else stage8(xr, xi, jump, yr, yi, run, table, p * scale, true);
    } else if (radix == 4) {
      if (p == 0) stage4(xr, xi, jump, yr, yi, run, table, 0, false);
      else stage4(xr, xi, jump, yr, yi, run, table, p * scale, true);
    } else if (radix == 2) {
      if (p == 0) stage2(xr, xi, jump, yr, yi, run, table, 0, false);
      else stage2(xr, xi, jump, yr, yi, run, table, p * scale, true);
    } else {
      const root = size / radix;
      for (let k = 0; k < radix; k++) {
        const turn = <i32>((<i64>p * k * scale) % size);
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
          storeTurned(yr + <usize>k * run + q, yi + <usize>k * run + q, r, i, c, s, true);
        }
      }
    }
  }
}
