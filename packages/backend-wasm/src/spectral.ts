import type * as tf from '@tensorflow/tfjs-core';
import type { Call, Kernel } from './kernel.ts';

/** FF-Parser's transform. */
export const spectralKernels: readonly Kernel[] = [
  { name: 'MedsegSpectralFilter', run: spectralFilter },
  { name: 'MedsegSpectralFilterGrad', run: spectralFilterGradient },
];

/** Inputs: x, real and, if there is one, imag. */
function spectralFilter({ inputs, heap }: Call): tf.TensorInfo {
  const [x, real, imag] = Object.values(inputs) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo?];
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const y = heap.output(x.shape);
  const pointers = [heap.at(x), heap.at(real), imag ? heap.at(imag) : 0, heap.at(y)];
  heap.kernels.spectralFilter(...pointers, n, h, w, c, heap.circle(h), heap.circle(w));
  return y;
}

/** Inputs: dy, then those of the forward kernel. Outputs: the gradients of those. */
function spectralFilterGradient({ inputs, heap }: Call): tf.TensorInfo[] {
  const [dy, ...forward] = Object.values(inputs) as [tf.TensorInfo, ...tf.TensorInfo[]];
  const [n, h, w, c] = dy.shape as [number, number, number, number];
  const grads = forward.map(({ shape }) => heap.output(shape));
  const pointers = [forward, grads].map((list) => [...list.map(heap.at), 0].slice(0, 3)) as [number[], number[]];
  heap.kernels.spectralFilterGradient(heap.at(dy), ...pointers.flat(), ...[n, h, w, c, heap.circle(h), heap.circle(w)]);
  return grads;
}
