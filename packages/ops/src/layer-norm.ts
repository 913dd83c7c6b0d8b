import { requireOptions } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { ensureGradient, hasKernel, runKernel } from './fused.ts';
import { withoutStatistics } from './group-norm.ts';
import { requireFloatTensor } from './require-tensor.ts';

const gradient: tf.GradConfig = {
  kernelName: 'MedsegLayerNorm',
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true],
  gradFunc: (dy, [x, gamma, statistics]) => {
    const inputs = { x: x!, gamma: gamma!, statistics: statistics!, dy: (dy as tf.Tensor[])[0]! };
    const [dx, dgamma, dbeta] = runKernel('MedsegLayerNormGrad', inputs);
    return { x: () => dx!, gamma: () => dgamma!, beta: () => dbeta! };
  },
};

/** Options of {@link channelLayerNorm}. */
export interface LayerNormOptions {
  /** Added to the variance before its root. Default 1e-5. */
  epsilon?: number;
}

/**
 * Layer normalisation over the channels, each pixel by itself (Ba et al. 2016, eq. 4). x: [..., C], gamma: [C],
 * beta: [C] or null. Throws RangeError when a size does not match.
 *
 * @example const y = channelLayerNorm(x, gamma, null);
 */
export function channelLayerNorm<T extends tf.Tensor = tf.Tensor4D>(
  x: T,
  gamma: tf.Tensor,
  beta: tf.Tensor | null,
  options: LayerNormOptions = {},
): T {
  requireOptions('channelLayerNorm', options, { epsilon: true });
  const { epsilon = 1e-5 } = options;
  requireFloatTensor('channelLayerNorm: x', x as tf.Tensor, '[..., C]');
  requireFloatTensor('channelLayerNorm: gamma', gamma, '[C]');
  if (beta) requireFloatTensor('channelLayerNorm: beta', beta, '[C]');
  const channels = x.shape[x.rank - 1];
  for (const [name, tensor] of Object.entries({ gamma, beta })) {
    if (tensor && tensor.size !== channels) {
      throw new RangeError(`channelLayerNorm: ${name} must be [${channels}] for x [${x.shape}], got [${tensor.shape}]`);
    }
  }
  if (hasKernel('MedsegLayerNorm')) {
    ensureGradient(gradient);
    const inputs: tf.NamedTensorMap = beta ? { x, gamma, beta } : { x, gamma };
    return withoutStatistics(runKernel('MedsegLayerNorm', inputs, { epsilon })) as T;
  }
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, -1, true);
    const y = tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), gamma);
    return (beta ? tf.add(y, beta) : y) as T;
  });
}
