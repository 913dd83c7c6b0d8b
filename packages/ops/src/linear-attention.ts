import * as tf from '@tensorflow/tfjs-core';
import { ensureGradient, hasKernel, runKernel, runKernelSingle } from './fused.ts';
import { withoutStatistics } from './group-norm.ts';

export interface LinearAttentionOptions {
  /** Number of heads; must divide the channels. */
  heads: number;
  /** Factor of the result; by default 1 / sqrt(channels of a head). */
  scale?: number;
}

const gradient: tf.GradConfig = {
  kernelName: 'MedsegLinearAttention',
  inputsToSave: ['qkv'],
  outputsToSave: [false, true],
  gradFunc: (dy, [qkv, state], attrs) => {
    const inputs = { qkv: qkv!, state: state!, dy: (dy as tf.Tensor[])[0]! };
    return { qkv: () => runKernelSingle('MedsegLinearAttentionGrad', inputs, attrs) };
  },
};

/**
 * Attention whose cost grows with the number of pixels, not its square: queries are a softmax over a head's channels,
 * keys over the pixels, scale q (k' v) (Shen et al. 2018, arXiv 1812.01243). qkv: [B, T, 3 C], all queries, then keys,
 * then values, the channels of head i at i C / heads and on; returns [B, T, C]. Throws RangeError where heads do not
 * divide the channels.
 *
 * @example const y = linearAttention(qkv, { heads: 4 });
 */
export function linearAttention(qkv: tf.Tensor3D, { heads, scale }: LinearAttentionOptions): tf.Tensor3D {
  const [b, t, channels] = qkv.shape;
  const c = channels / 3;
  const size = c / heads;
  if (qkv.rank !== 3 || !Number.isInteger(c)) {
    throw new RangeError(`linearAttention: qkv must be [B, T, 3 C], got [${qkv.shape}]`);
  }
  if (!(Number.isInteger(heads) && heads >= 1 && Number.isInteger(size))) {
    throw new RangeError(`linearAttention: heads must divide the ${c} channels, got ${heads}`);
  }
  const factor = scale ?? 1 / Math.sqrt(size);
  if (size % 4 === 0 && hasKernel('MedsegLinearAttention')) {
    ensureGradient(gradient);
    return withoutStatistics(runKernel('MedsegLinearAttention', { qkv }, { heads, scale: factor })) as tf.Tensor3D;
  }
  return tf.tidy(() => {
    const [q, k, v] = tf.split(qkv, 3, 2) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const apart = (x: tf.Tensor, order: number[]): tf.Tensor => tf.transpose(tf.reshape(x, [b, t, heads, size]), order);
    const keys = tf.softmax(apart(k, [0, 2, 3, 1])); // [B, heads, size, T]
    const context = tf.matMul(keys, apart(v, [0, 2, 1, 3])); // [B, heads, size, size]
    const queries = tf.mul(tf.softmax(apart(q, [0, 2, 1, 3])), factor); // [B, heads, T, size]
    return tf.reshape(tf.transpose(tf.matMul(queries, context), [0, 2, 1, 3]), [b, t, c]);
  });
}
