import * as tf from '@tensorflow/tfjs-core';
import type { Call, Kernel } from './kernel.ts';

/** SiLU, AdamW, and the sums that training needs. */
export const pointwiseKernels: readonly Kernel[] = [
  { name: 'MedsegSilu', run: silu },
  { name: 'MedsegSiluGrad', run: siluGradient },
  { name: 'MedsegColumnSum', run: columnSum },
  { name: 'MedsegSumOfSquares', run: sumOfSquares },
  { name: 'MedsegAdamW', run: adamw },
  // Tensors are never written to once made, so the copy of tfjs's own kernel serves nothing.
  { name: 'Identity', run: ({ inputs, heap }) => heap.share(inputs.x!, inputs.x!.shape) },
];

function silu({ inputs, heap }: Call): tf.TensorInfo {
  const x = inputs.x!;
  const y = heap.output(x.shape);
  heap.kernels.silu(heap.at(x), heap.at(y), tf.util.sizeFromShape(x.shape));
  return y;
}

function siluGradient({ inputs, heap }: Call): tf.TensorInfo {
  const [x, dy] = [inputs.x!, inputs.dy!];
  const dx = heap.output(x.shape);
  heap.kernels.siluGradient(heap.at(x), heap.at(dy), heap.at(dx), tf.util.sizeFromShape(x.shape));
  return dx;
}

function columnSum({ inputs, heap }: Call): tf.TensorInfo {
  const x = inputs.x!;
  const channels = x.shape[x.shape.length - 1]!;
  const y = heap.output([channels]);
  heap.kernels.columnSum(heap.at(x), heap.at(y), tf.util.sizeFromShape(x.shape.slice(0, -1)), channels);
  return y;
}

function sumOfSquares({ inputs, heap }: Call): tf.TensorInfo {
  let total = 0;
  for (const x of Object.values(inputs)) {
    total += heap.kernels.sumOfSquares(heap.at(x), tf.util.sizeFromShape(x.shape));
  }
  return heap.backend.makeOutput([], 'float32', undefined, Float32Array.of(total));
}

interface AdamWAttrs {
  stepSize: number;
  variance: number;
  decay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  gradientScale: number;
}

function adamw({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const [param, grad, m, v] = [inputs.param!, inputs.grad!, inputs.m!, inputs.v!];
  const { stepSize, variance, decay, beta1, beta2, epsilon, gradientScale } = attrs as unknown as AdamWAttrs;
  const outputs = [param, m, v].map(({ shape }) => heap.output(shape));
  heap.kernels.adamw(
    ...[param, grad, m, v, ...outputs].map(heap.at),
    tf.util.sizeFromShape(param.shape),
    ...[stepSize, variance, decay, beta1, beta2, 1 - beta1, 1 - beta2, epsilon, gradientScale],
  );
  return outputs;
}
