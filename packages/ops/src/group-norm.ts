import { type OptionNames, requireOneOf, requireOptions } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { ensureGradient, hasKernel, runKernel } from './fused.ts';
import { requireFloatTensor } from './require-tensor.ts';
import { silu } from './silu.ts';

/** Options of {@link groupNorm}. */
export interface GroupNormOptions {
  /** How many groups the channels are cut into; must divide them. */
  groups: number;
  /** Added to the variance before its root. Default 1e-5. */
  epsilon?: number;
  /** What the result goes through. Default nothing. */
  activation?: 'silu';
  /** [B, C]: the normalised map is multiplied by 1 + scale. Default none. */
  scale?: tf.Tensor;
  /** [B, C]: added after the scale. Default none. */
  shift?: tf.Tensor;
}

const optionNames: OptionNames<GroupNormOptions> = {
  groups: true,
  epsilon: true,
  activation: true,
  scale: true,
  shift: true,
};

const gradient: tf.GradConfig = {
  kernelName: 'MedsegGroupNorm',
  saveAllInputs: true,
  outputsToSave: [false, true],
  gradFunc: (dy, saved, attrs) => {
    const statistics = saved[saved.length - 1]!;
    const inputs = saved.slice(0, -1);
    // Run now: an output made inside one of the closures would be disposed with that closure's tidy.
    const grads = runKernel('MedsegGroupNormGrad', [...inputs, statistics, (dy as tf.Tensor[])[0]!], attrs);
    return Object.fromEntries(inputs.map((_, i) => [i, () => grads[i]!]));
  },
};

/**
 * Group normalisation (Wu & He 2018, eq. 1-3), then the optional scale-shift of a residual block and SiLU:
 * activation(gn(x) * (1 + scale) + shift). x: [B, H, W, C], gamma and beta: [C], scale and shift: [B, C].
 * Throws RangeError when groups do not divide C or a size does not match.
 *
 * @example const y = groupNorm(x, gamma, beta, { groups: 8, activation: 'silu' });
 */
export function groupNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, options: GroupNormOptions): tf.Tensor4D {
  requireOptions('groupNorm', options, optionNames);
  const { groups, epsilon = 1e-5, activation, scale, shift } = options;
  if (activation !== undefined) requireOneOf('groupNorm: activation', activation, ['silu']);
  requireFloatTensor('groupNorm: x', x, '[B, H, W, C]');
  requireFloatTensor('groupNorm: gamma', gamma, '[C]');
  requireFloatTensor('groupNorm: beta', beta, '[C]');
  if (scale) requireFloatTensor('groupNorm: scale', scale, '[B, C]');
  if (shift) requireFloatTensor('groupNorm: shift', shift, '[B, C]');
  check(x, gamma, beta, groups, scale, shift);
  if (hasKernel('MedsegGroupNorm')) {
    ensureGradient(gradient);
    const inputs: tf.Tensor[] = [x, gamma, beta];
    if (scale) inputs.push(scale);
    if (shift) inputs.push(shift);
    const attrs = { groups, epsilon, silu: activation === 'silu', hasScale: !!scale, hasShift: !!shift };
    return withoutStatistics(runKernel('MedsegGroupNorm', inputs, attrs)) as tf.Tensor4D;
  }
  return tf.tidy(() => composed(x, gamma, beta, groups, epsilon, activation, scale, shift));
}

/** Outside a gradient nobody needs the other outputs; the tape keeps its own references. */
export function withoutStatistics([y, ...statistics]: tf.Tensor[]): tf.Tensor {
  tf.dispose(statistics);
  return y!;
}

function composed(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  groups: number,
  epsilon: number,
  activation: 'silu' | undefined,
  scale: tf.Tensor2D | undefined,
  shift: tf.Tensor2D | undefined,
): tf.Tensor4D {
  const [b, h, w, c] = x.shape;
  const grouped = tf.reshape(x, [b, h * w, groups, c / groups]);
  const { mean, variance } = tf.moments(grouped, [1, 3], true);
  const normal = tf.mul(tf.sub(grouped, mean), tf.rsqrt(tf.add(variance, epsilon)));
  let y = tf.add(tf.mul(tf.reshape(normal, x.shape), gamma), beta) as tf.Tensor4D;
  if (scale) y = tf.mul(y, tf.reshape(tf.add(scale, 1), [b, 1, 1, c]));
  if (shift) y = tf.add(y, tf.reshape(shift, [b, 1, 1, c]));
  return activation === 'silu' ? silu(y) : y;
}

function check(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  groups: number,
  scale: tf.Tensor2D | undefined,
  shift: tf.Tensor2D | undefined,
): void {
  const [b, , , c] = x.shape;
  if (!(Number.isInteger(groups) && groups >= 1 && c % groups === 0)) {
    throw new RangeError(`groupNorm: groups must divide the ${c} channels, got ${groups}`);
  }
  for (const [name, tensor] of Object.entries({ gamma, beta })) {
    if (tensor.size !== c) throw new RangeError(`groupNorm: ${name} must be [${c}], got [${tensor.shape}]`);
  }
  for (const [name, tensor] of Object.entries({ scale, shift })) {
    if (tensor && (tensor.shape[0] !== b || tensor.shape[1] !== c)) {
      throw new RangeError(`groupNorm: ${name} must be [${b}, ${c}], got [${tensor.shape}]`);
    }
  }
}
