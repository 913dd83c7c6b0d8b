import type * as tf from '@tensorflow/tfjs-core';
import type { Call, Kernel } from './kernel.ts';

/** Softmax and linear attention with several heads. */
export const attentionKernels: readonly Kernel[] = [
  { name: 'MedsegAttention', run: attention },
  { name: 'MedsegAttentionGrad', run: attentionGradient },
  { name: 'MedsegLinearAttention', run: linearAttention },
  { name: 'MedsegLinearAttentionGrad', run: linearAttentionGradient },
];

function sizes(q: tf.TensorInfo, v: tf.TensorInfo, attrs: tf.NamedAttrMap): number[] {
  const [b, t, c] = q.shape as [number, number, number];
  const [, s, d] = v.shape as [number, number, number];
  return [b, t, s, c, d, attrs.heads as number, attrs.scale as number];
}

function attention({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const [q, k, v] = [inputs.q!, inputs.k!, inputs.v!];
  const [b, t] = q.shape as [number, number];
  const y = heap.output([b, t, v.shape[2]!]);
  const logSum = heap.output([b, attrs.heads as number, t]);
  heap.kernels.attention(...[q, k, v, y, logSum].map(heap.at), ...sizes(q, v, attrs));
  return [y, logSum];
}

function attentionGradient({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const [q, k, v] = [inputs.q!, inputs.k!, inputs.v!];
  const grads = [q, k, v].map(({ shape }) => heap.output(shape));
  const rest = [inputs.y!, inputs.logSum!, inputs.dy!];
  heap.kernels.attentionGradient(...[q, k, v, ...rest, ...grads].map(heap.at), ...sizes(q, v, attrs));
  return grads;
}

function linearAttention({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const qkv = inputs.qkv!;
  const { heads, scale } = attrs as { heads: number; scale: number };
  const [b, n, channels] = qkv.shape as [number, number, number];
  const c = channels / 3;
  const y = heap.output([b, n, c]);
  const state = heap.output([b, c * (2 + c / heads)]);
  heap.kernels.linearAttention(...[qkv, y, state].map(heap.at), b, n, c, heads, scale);
  return [y, state];
}

function linearAttentionGradient({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const qkv = inputs.qkv!;
  const { heads, scale } = attrs as { heads: number; scale: number };
  const [b, n, channels] = qkv.shape as [number, number, number];
  const grad = heap.output(qkv.shape);
  const pointers = [qkv, inputs.state!, inputs.dy!, grad].map(heap.at);
  heap.kernels.linearAttentionGradient(...pointers, b, n, channels / 3, heads, scale);
  return grad;
}
