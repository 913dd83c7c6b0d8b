// Normalisation of each row of c floats by itself. Each pass goes over a block of rows before the next begins: a row's
// sums are long chains of additions, and those of many rows run side by side.
import { loadPart, madd, nmadd, reserve, storePart, sumLanes, zeroFloats } from "./simd";

const ROWS: i32 = 32;
const SUMMED: i32 = 256; // rows that a parameter's gradient is summed over at a time

/** Ones where a lane holds a value: the lanes after the end must not count as deviations from the mean. */
// @ts-ignore: decorator
@inline
function present(left: i32): v128 {
  return f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(1), 1, left > 1 ? 1 : 0), 2, left > 2 ? 1 : 0), 3, left > 3 ? 1 : 0);
}

/** statistics [rows, 2] of a block: mean and 1 / sqrt(variance + epsilon). */
function rowStatistics(x: usize, statistics: usize, rows: i32, c: i32, epsilon: f32): void {
  const whole = <usize>(c & ~3) << 2, left = c & 3, step = <usize>c << 2;
  const inverse = <f32>(1.0 / <f64>c);
  for (let r = 0, row = x, to = statistics; r < rows; r++, row += step, to += 8) {
    let sum = left > 0 ? loadPart(row + whole, left) : f32x4.splat(0);
    for (let o: usize = 0; o < whole; o += 16) sum = f32x4.add(sum, v128.load(row + o));
    store<f32>(to, sumLanes(sum) * inverse);
  }
  for (let r = 0, row = x, to = statistics; r < rows; r++, row += step, to += 8) {
    const mean = v128.load32_splat(to);
    let squares = f32x4.splat(0);
    if (left > 0) {
      const d = f32x4.mul(f32x4.sub(loadPart(row + whole, left), mean), present(left));
      squares = f32x4.mul(d, d);
    }
    for (let o: usize = 0; o < whole; o += 16) {
      const d = f32x4.sub(v128.load(row + o), mean);
      squares = madd(d, d, squares);
    }
    store<f32>(to, 1 / Mathf.sqrt(sumLanes(squares) * inverse + epsilon), 4);
  }
}

/** beta: 0 or [c]; statistics [rows, 2]: mean and 1 / sqrt(variance + epsilon). */
export function layerNorm(
  x: usize, gamma: usize, beta: usize, y: usize, statistics: usize, rows: i32, c: i32, epsilon: f32,
): void {
  const whole = <usize>(c & ~3) << 2, left = c & 3, step = <usize>c << 2;
  const zero = f32x4.splat(0);
  for (let first = 0; first < rows; first += ROWS) {
    const count = min(ROWS, rows - first);
    rowStatistics(x, statistics, count, c, epsilon);
    for (let r = 0; r < count; r++, x += step, y += step, statistics += 8) {
      const mean = v128.load32_splat(statistics), rstd = v128.load32_splat(statistics, 4);
      for (let o: usize = 0; o < whole; o += 16) {
        const hat = f32x4.mul(f32x4.sub(v128.load(x + o), mean), rstd);
        v128.store(y + o, madd(hat, v128.load(gamma + o), beta ? v128.load(beta + o) : zero));
      }
      if (left > 0) {
        const hat = f32x4.mul(f32x4.sub(loadPart(x + whole, left), mean), rstd);
        storePart(y + whole, madd(hat, loadPart(gamma + whole, left), beta ? loadPart(beta + whole, left) : zero), left);
      }
    }
  }
}

/** means [rows, 2] of a block: of dy gamma, and of dy gamma xhat. */
function gradientMeans(x: usize, gamma: usize, statistics: usize, dy: usize, means: usize, rows: i32, c: i32): void {
  const whole = <usize>(c & ~3) << 2, left = c & 3, step = <usize>c << 2;
  const inverse = <f32>(1.0 / <f64>c);
  for (; rows > 0; rows--, x += step, dy += step, statistics += 8, means += 8) {
    const mean = v128.load32_splat(statistics), rstd = v128.load32_splat(statistics, 4);
    let t1 = f32x4.splat(0), t2 = t1;
    if (left > 0) {
      t1 = f32x4.mul(loadPart(dy + whole, left), loadPart(gamma + whole, left));
      t2 = f32x4.mul(t1, f32x4.sub(loadPart(x + whole, left), mean));
    }
    for (let o: usize = 0; o < whole; o += 16) {
      const scaled = f32x4.mul(v128.load(dy + o), v128.load(gamma + o));
      t1 = f32x4.add(t1, scaled);
      t2 = madd(scaled, f32x4.sub(v128.load(x + o), mean), t2);
    }
    store<f32>(means, sumLanes(t1) * inverse);
    store<f32>(means, sumLanes(f32x4.mul(t2, rstd)) * inverse, 4);
  }
}

/** Adds the sums over a block of rows of dy xhat and of dy for four channels, or `left` of them. */
function addColumns(x: usize, statistics: usize, dy: usize, sumG: usize, sumB: usize, rows: i32, step: usize, left: i32): void {
  let t1 = v128.load(sumG), t2 = v128.load(sumB);
  for (; rows > 0; rows--, x += step, dy += step, statistics += 8) {
    const g = left < 4 ? loadPart(dy, left) : v128.load(dy), v = left < 4 ? loadPart(x, left) : v128.load(x);
    const hat = f32x4.mul(f32x4.sub(v, v128.load32_splat(statistics)), v128.load32_splat(statistics, 4));
    t1 = madd(g, hat, t1);
    t2 = f32x4.add(t2, g);
  }
  v128.store(sumG, t1);
  v128.store(sumB, t2);
}

/** dx [rows, c], dgamma [c], dbeta [c]. */
export function layerNormGradient(
  x: usize, gamma: usize, statistics: usize, dy: usize, dx: usize, dgamma: usize, dbeta: usize, rows: i32, c: i32,
): void {
  const whole = <usize>(c & ~3) << 2, left = c & 3, step = <usize>c << 2, padded = <usize>(c + 3 & ~3) << 2;
  const means = reserve((ROWS << 3) + 2 * padded), sumG = means + (ROWS << 3), sumB = sumG + padded;
  zeroFloats(sumG, 2 * padded >> 2);
  zeroFloats(dgamma, c);
  zeroFloats(dbeta, c);
  for (let first = 0; first < rows; first += ROWS) {
    const count = min(ROWS, rows - first);
    gradientMeans(x, gamma, statistics, dy, means, count, c);
    for (let q = 0; q < c; q += 4) {
      const o = <usize>q << 2;
      addColumns(x + o, statistics, dy + o, sumG + o, sumB + o, count, step, c - q);
    }
    for (let r = 0; r < count; r++, statistics += 8, x += step, dy += step, dx += step) {
      const mean = v128.load32_splat(statistics), rstd = v128.load32_splat(statistics, 4);
      const m1 = v128.load32_splat(means + (<usize>r << 3)), m2 = v128.load32_splat(means + (<usize>r << 3), 4);
      for (let o: usize = 0; o < whole; o += 16) {
        const hat = f32x4.mul(f32x4.sub(v128.load(x + o), mean), rstd);
        const scaled = f32x4.sub(f32x4.mul(v128.load(dy + o), v128.load(gamma + o)), m1);
        v128.store(dx + o, f32x4.mul(rstd, nmadd(hat, m2, scaled)));
      }
      if (left > 0) {
        const hat = f32x4.mul(f32x4.sub(loadPart(x + whole, left), mean), rstd);
        const scaled = f32x4.sub(f32x4.mul(loadPart(dy + whole, left), loadPart(gamma + whole, left)), m1);
        storePart(dx + whole, f32x4.mul(rstd, nmadd(hat, m2, scaled)), left);
      }
    }
    if ((first + ROWS) % SUMMED == 0 || first + ROWS >= rows) { // in blocks: the error does not grow with the number of rows
      for (let o: usize = 0; o < step; o += 4) {
        store<f32>(dgamma + o, load<f32>(dgamma + o) + load<f32>(sumG + o));
        store<f32>(dbeta + o, load<f32>(dbeta + o) + load<f32>(sumB + o));
      }
      zeroFloats(sumG, 2 * padded >> 2);
    }
  }
}
