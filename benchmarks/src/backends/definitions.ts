import * as tf from '@tensorflow/tfjs-core';
import { type HostArray, sizeOf } from './case.ts';

// Definitions of the operations in float64, as plain as they are written in the sources.

type Padding = 'same' | 'valid' | number;

/** [..., m, k] x [..., k, n] after optional transposes; leading axes broadcast. */
export function matMulOf(a: HostArray, b: HostArray, transposeA = false, transposeB = false): Float64Array {
  const at = (x: HostArray, transposed: boolean, base: number, row: number, column: number): number => {
    const width = x.shape[x.shape.length - 1]!;
    return x.data[base + (transposed ? column * width + row : row * width + column)]!;
  };
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const n = transposeB ? rowsB : columnsB;
  const outerA = a.shape.slice(0, -2);
  const outerB = b.shape.slice(0, -2);
  const outer = tf.broadcast_util.assertAndGetBroadcastShape([...outerA], [...outerB]);
  const out = new Float64Array(sizeOf(outer) * m * n);
  for (let batch = 0, to = 0; batch < sizeOf(outer); batch++) {
    const baseA = broadcastPlace(batch, outer, outerA) * rowsA * columnsA;
    const baseB = broadcastPlace(batch, outer, outerB) * rowsB * columnsB;
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++, to++)
        for (let p = 0; p < k; p++) out[to]! += at(a, transposeA, baseA, i, p) * at(b, transposeB, baseB, p, j);
  }
  return out;
}

/** Where element `index` of a broadcast shape lies in the smaller shape. */
export function broadcastPlace(index: number, outer: readonly number[], shape: readonly number[]): number {
  let [rest, at, stride] = [index, 0, 1];
  for (let d = 1; d <= outer.length; d++) {
    const own = shape[shape.length - d] ?? 1;
    if (own > 1) at += (rest % outer[outer.length - d]!) * stride;
    stride *= own;
    rest = Math.floor(rest / outer[outer.length - d]!);
  }
  return at;
}

interface ConvolutionOptions {
  strides?: number | [number, number];
  padding?: Padding;
  dilation?: number;
}

/** Convolution of [B, H, W, Cin] with [kh, kw, Cin, Cout]. */
export function conv2dOf(
  x: HostArray,
  filter: HostArray,
  { strides = 1, padding = 'same', dilation = 1 }: ConvolutionOptions = {},
): Float64Array {
  const [b, h, w, cin] = x.shape as [number, number, number, number];
  const [kh, kw, , cout] = filter.shape as [number, number, number, number];
  const [sh, sw] = typeof strides === 'number' ? [strides, strides] : strides;
  const [rows, top] = extent(h, (kh - 1) * dilation + 1, sh, padding);
  const [columns, left] = extent(w, (kw - 1) * dilation + 1, sw, padding);
  const y = new Float64Array(b * rows * columns * cout);
  for (let n = 0, at = 0; n < b; n++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++, at += cout)
        for (let ki = 0; ki < kh; ki++)
          for (let kj = 0; kj < kw; kj++) {
            const [yi, xj] = [i * sh - top + ki * dilation, j * sw - left + kj * dilation];
            if (yi < 0 || yi >= h || xj < 0 || xj >= w) continue;
            const from = ((n * h + yi) * w + xj) * cin;
            for (let ci = 0; ci < cin; ci++) {
              const value = x.data[from + ci]!;
              const tap = ((ki * kw + kj) * cin + ci) * cout;
              for (let co = 0; co < cout; co++) y[at + co]! += value * filter.data[tap + co]!;
            }
          }
  return y;
}

/** Output length and padding in front of one axis, as TensorFlow defines them. */
function extent(length: number, window: number, stride: number, padding: Padding): [number, number] {
  if (padding === 'valid') return [Math.floor((length - window) / stride) + 1, 0];
  if (padding === 'same') {
    const out = Math.ceil(length / stride);
    return [out, Math.floor(Math.max((out - 1) * stride + window - length, 0) / 2)];
  }
  return [Math.floor((length + 2 * padding - window) / stride) + 1, padding];
}

/** Depthwise convolution of [B, H, W, C] with [kh, kw, C, M]; output channel c M + m. */
export function depthwiseOf(
  x: HostArray,
  filter: HostArray,
  { strides = 1, padding = 'same', dilation = 1 }: ConvolutionOptions = {},
): Float64Array {
  const [b, h, w, c] = x.shape as [number, number, number, number];
  const [kh, kw, , multiplier] = filter.shape as [number, number, number, number];
  const s = strides as number;
  const [rows, top] = extent(h, (kh - 1) * dilation + 1, s, padding);
  const [columns, left] = extent(w, (kw - 1) * dilation + 1, s, padding);
  const y = new Float64Array(b * rows * columns * c * multiplier);
  for (let n = 0, at = 0; n < b; n++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        for (let ci = 0; ci < c; ci++)
          for (let m = 0; m < multiplier; m++, at++)
            for (let ki = 0; ki < kh; ki++)
              for (let kj = 0; kj < kw; kj++) {
                const [yi, xj] = [i * s - top + ki * dilation, j * s - left + kj * dilation];
                if (yi < 0 || yi >= h || xj < 0 || xj >= w) continue;
                const tap = filter.data[((ki * kw + kj) * c + ci) * multiplier + m]!;
                y[at]! += x.data[((n * h + yi) * w + xj) * c + ci]! * tap;
              }
  return y;
}

/** Convolution of [B, D, H, W, Cin] with [kd, kh, kw, Cin, Cout]. */
export function conv3dOf(
  x: HostArray,
  filter: HostArray,
  strides: readonly [number, number, number],
  padding: 'same' | 'valid',
): Float64Array {
  const [b, d, h, w, cin] = x.shape as [number, number, number, number, number];
  const [kd, kh, kw, , cout] = filter.shape as [number, number, number, number, number];
  const [depth, front] = extent(d, kd, strides[0], padding);
  const [rows, top] = extent(h, kh, strides[1], padding);
  const [columns, left] = extent(w, kw, strides[2], padding);
  const y = new Float64Array(b * depth * rows * columns * cout);
  let at = 0;
  for (let n = 0; n < b; n++)
    for (let o = 0; o < depth; o++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++, at += cout)
          for (let ko = 0; ko < kd; ko++)
            for (let ki = 0; ki < kh; ki++)
              for (let kj = 0; kj < kw; kj++) {
                const zo = o * strides[0] - front + ko;
                const [yi, xj] = [i * strides[1] - top + ki, j * strides[2] - left + kj];
                if (zo < 0 || zo >= d || yi < 0 || yi >= h || xj < 0 || xj >= w) continue;
                for (let ci = 0; ci < cin; ci++) {
                  const value = x.data[(((n * d + zo) * h + yi) * w + xj) * cin + ci]!;
                  const tap = (((ko * kh + ki) * kw + kj) * cin + ci) * cout;
                  for (let co = 0; co < cout; co++) y[at + co]! += value * filter.data[tap + co]!;
                }
              }
  return y;
}

/** Largest value, or mean of those inside the image, of each window of [B, H, W, C]. */
export function poolOf(
  kind: 'max' | 'mean',
  x: HostArray,
  size: number,
  stride: number,
  padding: 'same' | 'valid',
): Float64Array {
  const [b, h, w, c] = x.shape as [number, number, number, number];
  const [rows, top] = extent(h, size, stride, padding);
  const [columns, left] = extent(w, size, stride, padding);
  const y = new Float64Array(b * rows * columns * c);
  for (let n = 0, at = 0; n < b; n++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        for (let ci = 0; ci < c; ci++, at++) {
          let [sum, count, largest] = [0, 0, Number.NEGATIVE_INFINITY];
          for (let ki = 0; ki < size; ki++)
            for (let kj = 0; kj < size; kj++) {
              const [yi, xj] = [i * stride - top + ki, j * stride - left + kj];
              if (yi < 0 || yi >= h || xj < 0 || xj >= w) continue;
              const value = x.data[((n * h + yi) * w + xj) * c + ci]!;
              sum += value;
              count++;
              largest = Math.max(largest, value);
            }
          y[at] = kind === 'max' ? largest : sum / count;
        }
  return y;
}
