import { requireObject } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { requireFloatTensor } from './require-tensor.ts';

/** Real and imaginary part of a complex map, each [B, H, W, C]. */
export interface ComplexMap {
  /** Real part, [B, H, W, C]. */
  real: tf.Tensor4D;
  /** Imaginary part, [B, H, W, C]. */
  imag: tf.Tensor4D;
}

/** What is transformed. */
interface ComplexInput {
  /** Real part, [B, H, W, C]. */
  real: tf.Tensor;
  /** Imaginary part, [B, H, W, C]. Default zero. */
  imag?: tf.Tensor;
}

/**
 * 2-D discrete Fourier transform over height and width, unscaled as numpy.fft.fft2, as two real matrix products with
 * cos/sin matrices made on the host in float64: differentiable wherever matMul is. real, imag: [B, H, W, C], imag
 * zero when left out. Throws RangeError when the shapes differ.
 *
 * @example const { real, imag } = dft2d({ real: x });
 */
export function dft2d(input: ComplexInput): ComplexMap {
  requireObject('dft2d: input', input, ['real']);
  const { real, imag } = input;
  return transform('dft2d', real, imag, -1, 1);
}

/** The inverse of {@link dft2d}, divided by H W as numpy.fft.ifft2. */
export function idft2d(input: ComplexInput): ComplexMap {
  requireObject('idft2d: input', input, ['real']);
  const { real, imag } = input;
  requireFloatTensor('idft2d: real', real, '[B, H, W, C]');
  return transform('idft2d', real, imag, 1, 1 / (real.shape[1] * real.shape[2]));
}

function transform(
  who: string,
  real: tf.Tensor,
  imag: tf.Tensor | undefined,
  sign: 1 | -1,
  factor: number,
): ComplexMap {
  requireFloatTensor(`${who}: real`, real, '[B, H, W, C]');
  if (imag) requireFloatTensor(`${who}: imag`, imag, '[B, H, W, C]');
  if (imag && !tf.util.arraysEqual(real.shape, imag.shape)) {
    throw new RangeError(`${who}: real and imag must have one shape, got [${real.shape}] and [${imag.shape}]`);
  }
  const [b, h, w, c] = real.shape;
  const [realPart, imagPart] = tf.tidy(() => {
    const columns = fourierMatrix(h, sign, factor);
    const rows = fourierMatrix(w, sign, 1);
    // Over the height: F [H, H] times [B, H, W C]; over the width: F [W, W] times [B H, W, C].
    const high = multiply(columns, [real, imag], [b, h, w * c]);
    const wide = multiply(rows, high, [b * h, w, c]);
    return wide.map((part) => tf.reshape(part, [b, h, w, c]) as tf.Tensor4D);
  });
  return { real: realPart!, imag: imagPart! };
}

function multiply(
  [cos, sin]: [tf.Tensor3D, tf.Tensor3D],
  [real, imag]: [tf.Tensor, tf.Tensor | undefined],
  shape: [number, number, number],
): [tf.Tensor, tf.Tensor] {
  const product = (matrix: tf.Tensor3D, x: tf.Tensor): tf.Tensor => {
    const repeated = tf.tile(matrix, [shape[0], 1, 1]);
    return tf.matMul(repeated, tf.reshape(x, shape));
  };
  if (!imag) return [product(cos, real), product(sin, real)];
  return [tf.sub(product(cos, real), product(sin, imag)), tf.add(product(cos, imag), product(sin, real))];
}

/** cos and sin of sign 2 pi j k / n, times a factor, each [1, n, n]. */
function fourierMatrix(n: number, sign: 1 | -1, factor: number): [tf.Tensor3D, tf.Tensor3D] {
  const cos = new Float32Array(n * n);
  const sin = new Float32Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < n; k++) {
      const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n; // reduced first: exact to the last bit for large n
      cos[j * n + k] = Math.cos(angle) * factor;
      sin[j * n + k] = Math.sin(angle) * factor;
    }
  }
  return [tf.tensor3d(cos, [1, n, n]), tf.tensor3d(sin, [1, n, n])];
}
