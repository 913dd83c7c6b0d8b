import { type OptionNames, requireOptions } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { dense } from './dense.ts';
import { hasKernel, runKernel, runKernelSingle } from './fused.ts';
import { requireFloatTensor } from './require-tensor.ts';

/** Options of {@link linearAttention}. */
export interface LinearAttentionOptions {
  /** Number of heads; must divide the channels of queries, keys and values. */
  heads: number;
  /** Factor of the mixed values; by default 1 / sqrt(channels of a head). */
  scale?: number;
}

const optionNames: OptionNames<LinearAttentionOptions> = { heads: true, scale: true };

/**
 * Attention whose cost grows with the number of pixels, not its square, with the maps before and after it: queries are
 * a softmax over a head's channels, keys over the pixels, and the result is scale q (k' v) out + bias (Shen et al. 2018,
 * arXiv 1812.01243, in the form of lucidrains' networks). x: [B, T, C]; qkv: [C, 3 H], all queries, then keys, then
 * values, the channels of head i at i H / heads and on; out: [H, D]; bias: [D] or null. Returns [B, T, D]. Throws
 * RangeError where sizes do not match or heads do not divide H.
 *
 * @example const y = linearAttention(tokens, qkv, out, null, { heads: 4 });
 */
export function linearAttention(
  x: tf.Tensor,
  qkv: tf.Tensor,
  out: tf.Tensor,
  bias: tf.Tensor | null,
  options: LinearAttentionOptions,
): tf.Tensor3D {
  requireOptions('linearAttention', options, optionNames);
  const { heads, scale } = options;
  requireFloatTensor('linearAttention: x', x, '[B, T, C]');
  requireFloatTensor('linearAttention: qkv', qkv, '[C, 3 H]');
  requireFloatTensor('linearAttention: out', out, '[H, D]');
  if (bias) requireFloatTensor('linearAttention: bias', bias, '[D]');
  const [b, t, c] = x.shape;
  const [h, d] = out.shape;
  const size = h / heads;
  if (qkv.shape[0] !== c || qkv.shape[1] !== 3 * h) {
    throw new RangeError(
      `linearAttention: x [B, T, C], qkv [C, 3 H] and out [H, D] must agree, got [${x.shape}], [${qkv.shape}], [${out.shape}]`,
    );
  }
  if (bias && bias.shape[0] !== d) {
    throw new RangeError(`linearAttention: bias must be [${d}] for out [${out.shape}], got [${bias.shape}]`);
  }
  if (!(Number.isInteger(heads) && heads >= 1 && Number.isInteger(size))) {
    throw new RangeError(`linearAttention: heads must divide the ${h} channels, got ${heads}`);
  }
  const factor = scale ?? 1 / Math.sqrt(size);
  if (size % 4 === 0 && hasKernel('MedsegLinearAttention')) {
    return fused(x, qkv, out, bias, { heads, scale: factor });
  }
  return tf.tidy(() => {
    const mapped = dense(tf.reshape(x, [b * t, c]), qkv, null);
    const [q, k, v] = tf.split(mapped, 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const apart = (part: tf.Tensor, order: number[]): tf.Tensor =>
      tf.transpose(tf.reshape(part, [b, t, heads, size]), order);
    const keys = tf.softmax(apart(k, [0, 2, 3, 1])); // [B, heads, size, T]
    const context = tf.matMul(keys, apart(v, [0, 2, 1, 3])); // [B, heads, size, size]
    const queries = tf.mul(tf.softmax(apart(q, [0, 2, 1, 3])), factor); // [B, heads, T, size]
    const mixed = tf.transpose(tf.matMul(queries, context), [0, 2, 1, 3]);
    return tf.reshape(dense(tf.reshape(mixed, [b * t, h]), out, bias), [b, t, d]);
  });
}

/**
 * By a custom gradient and not by one registered for the kernel: of a kernel's outputs that nobody uses tfjs makes
 * gradients of zeros, and the queries and keys that are kept are three to four times as large as the network's channels.
 */
function fused(
  x: tf.Tensor3D,
  qkv: tf.Tensor2D,
  out: tf.Tensor2D,
  bias: tf.Tensor1D | null,
  attrs: { heads: number; scale: number },
): tf.Tensor3D {
  const keep = tf.engine().isTapeOn();
  const inputs: tf.NamedTensorMap = bias ? { x, qkv, out, bias } : { x, qkv, out };
  const operation = tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const [y, ...kept] = runKernel('MedsegLinearAttention', inputs, { ...attrs, keep }) as [tf.Tensor, ...tf.Tensor[]];
    save([x, qkv, out, ...kept]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [savedX, savedQkv, savedOut, state, queriesAndKeys] = saved as [
        ...[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor],
        tf.Tensor?,
      ];
      const values = { x: savedX, qkv: savedQkv, out: savedOut, state, dy };
      const rest = queriesAndKeys && { kept: queriesAndKeys };
      const gradients = runKernel('MedsegLinearAttentionGrad', { ...values, ...rest }, attrs);
      if (bias) gradients.push(runKernelSingle('MedsegColumnSum', { x: dy }));
      return gradients;
    };
    return { value: y, gradFunc };
  });
  return operation(...Object.values(inputs)) as tf.Tensor3D;
}
