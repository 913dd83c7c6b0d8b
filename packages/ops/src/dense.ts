import { type OptionNames, requireOneOf, requireOptions } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { ensureGradient, gradientsTogether, hasKernel, runKernelSingle } from './fused.ts';
import { requireFloatTensor } from './require-tensor.ts';
import { silu } from './silu.ts';

/** Options of {@link dense}. */
export interface DenseOptions {
  /** What is applied to x first. Default nothing. */
  before?: 'silu';
}

const optionNames: OptionNames<DenseOptions> = { before: true };

const gradient: tf.GradConfig = {
  kernelName: 'MedsegDense',
  inputsToSave: ['x', 'kernel'],
  gradFunc: (dy, [x, kernel], attrs) => {
    const grad = dy as tf.Tensor;
    if (hasKernel('MedsegDenseGrad')) {
      const inputs = { x: x!, kernel: kernel!, dy: grad };
      return gradientsTogether('MedsegDenseGrad', inputs, attrs, ['x', 'kernel', 'bias']);
    }
    return {
      x: () => tf.matMul(grad, kernel!, false, true),
      kernel: () => tf.matMul(x!, grad, true, false),
      bias: () => runKernelSingle('MedsegColumnSum', { x: grad }),
    };
  },
};

/**
 * Fully connected layer, x kernel + bias, or silu(x) kernel + bias. x: [B, in], kernel: [in, out], bias: [out] or null.
 * Returns [B, out]. Throws RangeError when the sizes do not match.
 *
 * @example const y = dense(rows, kernel, null);
 */
export function dense(
  x: tf.Tensor,
  kernel: tf.Tensor,
  bias: tf.Tensor | null,
  options: DenseOptions = {},
): tf.Tensor2D {
  requireOptions('dense', options, optionNames);
  const { before } = options;
  if (before !== undefined) requireOneOf('dense: before', before, ['silu']);
  requireFloatTensor('dense: x', x, '[B, in]');
  requireFloatTensor('dense: kernel', kernel, '[in, out]');
  if (bias) requireFloatTensor('dense: bias', bias, '[out]');
  if (x.shape[1] !== kernel.shape[0]) {
    throw new RangeError(`dense: x [B, in] and kernel [in, out] must agree, got [${x.shape}] and [${kernel.shape}]`);
  }
  if (bias && bias.shape[0] !== kernel.shape[1]) {
    throw new RangeError(`dense: bias must be [${kernel.shape[1]}] for kernel [${kernel.shape}], got [${bias.shape}]`);
  }
  if (before === 'silu' && !hasKernel('MedsegDenseGrad')) return tf.tidy(() => dense(silu(x), kernel, bias));
  if (hasKernel('MedsegDense')) {
    ensureGradient(gradient);
    const inputs: tf.NamedTensorMap = bias ? { x, kernel, bias } : { x, kernel };
    return runKernelSingle('MedsegDense', inputs, { silu: before === 'silu' }) as tf.Tensor2D;
  }
  return tf.tidy(() => {
    const y = tf.matMul(x, kernel) as tf.Tensor2D;
    return bias ? tf.add(y, bias) : y;
  });
}
