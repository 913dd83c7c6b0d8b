import * as tf from '@tensorflow/tfjs-core';
import { dft2d, idft2d } from './dft.ts';
import { ensureGradient, hasKernel, runKernel, runKernelSingle } from './fused.ts';
import { requireFloatTensor } from './require-tensor.ts';

const gradient: tf.GradConfig = {
  kernelName: 'MedsegSpectralFilter',
  saveAllInputs: true,
  gradFunc: (dy, saved) => {
    const grads = runKernel('MedsegSpectralFilterGrad', [dy as tf.Tensor, ...saved]);
    return Object.fromEntries(saved.map((_, i) => [i, () => grads[i]!]));
  },
};

/**
 * FF-Parser's transform (Wu et al. 2022, eq. 6-8): Re ifft2(fft2(x) * (real + i imag)), a learned filter in Fourier
 * space. x: [B, H, W, C], real and imag: [H, W, C], imag zero when left out. Any height and width.
 * Throws RangeError when the filter's shape is not [H, W, C].
 *
 * @example const y = spectralFilter(x, tf.ones([h, w, c])); // y = x
 */
export function spectralFilter(x: tf.Tensor, real: tf.Tensor, imag?: tf.Tensor): tf.Tensor4D {
  requireFloatTensor('spectralFilter: x', x, '[B, H, W, C]');
  requireFloatTensor('spectralFilter: real', real, '[H, W, C]');
  if (imag) requireFloatTensor('spectralFilter: imag', imag, '[H, W, C]');
  for (const [name, tensor] of Object.entries({ real, imag })) {
    if (tensor && !tf.util.arraysEqual(tensor.shape, x.shape.slice(1))) {
      throw new RangeError(
        `spectralFilter: ${name} must be [${x.shape.slice(1)}] for x [${x.shape}], got [${tensor.shape}]`,
      );
    }
  }
  if (hasKernel('MedsegSpectralFilter')) {
    ensureGradient(gradient);
    return runKernelSingle('MedsegSpectralFilter', imag ? [x, real, imag] : [x, real]) as tf.Tensor4D;
  }
  return tf.tidy(() => {
    const spectrum = dft2d({ real: x });
    if (!imag) {
      return idft2d({ real: tf.mul(spectrum.real, real), imag: tf.mul(spectrum.imag, real) }).real;
    }
    return idft2d({
      real: tf.sub(tf.mul(spectrum.real, real), tf.mul(spectrum.imag, imag)),
      imag: tf.add(tf.mul(spectrum.real, imag), tf.mul(spectrum.imag, real)),
    }).real;
  });
}
