import * as tf from '@tensorflow/tfjs-core';
import { ensureGradient, hasKernel, runKernelSingle } from './fused.ts';
import { requireTensor } from './require-tensor.ts';

const gradient: tf.GradConfig = {
  kernelName: 'MedsegSilu',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => runKernelSingle('MedsegSiluGrad', { x: x!, dy: dy as tf.Tensor }) }),
};

/**
 * SiLU, x * sigmoid(x) (Elfwing et al. 2017, eq. 3), elementwise on a tensor of any shape.
 *
 * @example const y = silu(tf.tensor1d([-1, 0, 1]));
 */
export function silu<T extends tf.Tensor>(x: T): T {
  requireTensor('silu: x', x, '[..., C]');
  if (hasKernel('MedsegSilu')) {
    ensureGradient(gradient);
    return runKernelSingle('MedsegSilu', { x }) as T;
  }
  return tf.tidy(() => tf.mul(x, tf.sigmoid(x)) as T);
}
