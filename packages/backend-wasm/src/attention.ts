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

function linearSizes(x: tf.TensorInfo, out: tf.TensorInfo, attrs: tf.NamedAttrMap): number[] {
  const [b, n, c] = x.shape as [number, number, number];
  const [h, d] = out.shape as [number, number];
  return [b, n, c, h, d, attrs.heads as number, attrs.scale as number];
}

function linearAttention({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const [x, qkv, out, bias] = [inputs.x!, inputs.qkv!, inputs.out!, inputs.bias];
  const sizes = linearSizes(x, out, attrs);
  const [b, n, c, h, d, heads] = sizes as [number, number, number, number, number, number];
  const y = heap.output([b, n, d]);
  const state = heap.output([b, h * (2 + c + h / heads + d)]);
  const outputs = [y, state];
  if (attrs.keep) outputs.push(heap.output([b, heap.kernels.linearAttentionKept(n, h)]));
  const pointers = [x, qkv, out].map(heap.at);
  const kept = attrs.keep ? heap.at(outputs[2]!) : 0;
  heap.kernels.linearAttention(...pointers, bias ? heap.at(bias) : 0, heap.at(y), heap.at(state), kept, ...sizes);
  return outputs;
}

function linearAttentionGradient({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const [x, qkv, out] = [inputs.x!, inputs.qkv!, inputs.out!];
  const grads = [x, qkv, out].map(({ shape }) => heap.output(shape));
  const rest = [inputs.state!, inputs.kept!, inputs.dy!];
  const pointers = [x, qkv, out, ...rest, ...grads].map(heap.at);
  heap.kernels.linearAttentionGradient(...pointers, ...linearSizes(x, out, attrs));
  return grads;
}
