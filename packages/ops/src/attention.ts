import { type OptionNames, requireOptions } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { ensureGradient, hasKernel, runKernel } from './fused.ts';
import { withoutStatistics } from './group-norm.ts';
import { requireFloatTensor } from './require-tensor.ts';

/** Options of {@link attention}. */
export interface AttentionOptions {
  /** Number of heads; must divide the channels of q, k and of v. */
  heads: number;
  /** Factor of the dot products; by default 1 / sqrt(channels of a head). */
  scale?: number;
}

const optionNames: OptionNames<AttentionOptions> = { heads: true, scale: true };

const gradient: tf.GradConfig = {
  kernelName: 'MedsegAttention',
  inputsToSave: ['q', 'k', 'v'],
  outputsToSave: [true, true],
  gradFunc: (dy, [q, k, v, y, logSum], attrs) => {
    const inputs = { q: q!, k: k!, v: v!, y: y!, logSum: logSum!, dy: (dy as tf.Tensor[])[0]! };
    const [dq, dk, dv] = runKernel('MedsegAttentionGrad', inputs, attrs);
    return { q: () => dq!, k: () => dk!, v: () => dv! };
  },
};

/**
 * Softmax attention with several heads (Vaswani et al. 2017, eq. 1). q: [B, T, C], k: [B, S, C], v: [B, S, D], the
 * channels of head i at i C / heads and on; returns [B, T, D]. Throws RangeError when sizes do not match or heads do
 * not divide the channels.
 *
 * @example const y = attention(q, k, v, { heads: 4 });
 */
export function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, options: AttentionOptions): tf.Tensor3D {
  requireOptions('attention', options, optionNames);
  const { heads, scale } = options;
  requireFloatTensor('attention: q', q, '[B, T, C]');
  requireFloatTensor('attention: k', k, '[B, S, C]');
  requireFloatTensor('attention: v', v, '[B, S, D]');
  const [b, t, c] = q.shape;
  const [, s, d] = v.shape;
  const agree = k.shape[0] === b && v.shape[0] === b && k.shape[1] === s && k.shape[2] === c;
  if (!agree) {
    throw new RangeError(
      `attention: q [B, T, C], k [B, S, C] and v [B, S, D] must agree, got [${q.shape}], [${k.shape}], [${v.shape}]`,
    );
  }
  if (!(Number.isInteger(heads) && heads >= 1 && c % heads === 0 && d % heads === 0)) {
    throw new RangeError(`attention: heads must divide the ${c} channels of q and the ${d} of v, got ${heads}`);
  }
  const factor = scale ?? 1 / Math.sqrt(c / heads);
  if (hasKernel('MedsegAttention')) {
    ensureGradient(gradient);
    return withoutStatistics(runKernel('MedsegAttention', { q, k, v }, { heads, scale: factor })) as tf.Tensor3D;
  }
  return tf.tidy(() => {
    const split = (x: tf.Tensor3D): tf.Tensor => {
      const [, length, width] = x.shape;
      return tf.transpose(tf.reshape(x, [b, length, heads, width / heads]), [0, 2, 1, 3]); // [B, heads, T, C / heads]
    };
    const weights = tf.softmax(tf.mul(tf.matMul(split(q), split(k), false, true), factor));
    return tf.reshape(tf.transpose(tf.matMul(weights, split(v)), [0, 2, 1, 3]), [b, t, d]);
  });
}
