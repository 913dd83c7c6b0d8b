import * as tf from '@tensorflow/tfjs-core';
import type { Heap } from './heap.ts';
import type { Call, Kernel } from './kernel.ts';

/** SiLU, AdamW, and the sums that training needs. */
export const pointwiseKernels: readonly Kernel[] = [
  { name: 'MedsegSilu', run: silu },
  { name: 'MedsegSiluGrad', run: siluGradient },
  { name: 'MedsegColumnSum', run: columnSum },
  { name: 'MedsegSumOfSquares', run: sumOfSquares },
  { name: 'MedsegAdamW', run: adamw },
  { name: 'MedsegAdamWEach', run: adamwEach },
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
  return update(heap, [inputs.param!, inputs.grad!, inputs.m!, inputs.v!], factorsOf(attrs));
}

/** Many weights in one call: all parameters, then all gradients, first and second moments; out in the same order. */
function adamwEach({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const tensors = Object.values(inputs);
  const n = tensors.length / 4;
  const factors = factorsOf(attrs);
  const updated = Array.from({ length: n }, (_, i) =>
    update(heap, [tensors[i]!, tensors[n + i]!, tensors[2 * n + i]!, tensors[3 * n + i]!], factors),
  );
  return [0, 1, 2].flatMap((k) => updated.map((outputs) => outputs[k]!));
}

/** In the order of the kernel's last arguments. */
function factorsOf(attrs: tf.NamedAttrMap): number[] {
  const { stepSize, variance, decay, beta1, beta2, epsilon, gradientScale } = attrs as unknown as AdamWAttrs;
  return [stepSize, variance, decay, beta1, beta2, 1 - beta1, 1 - beta2, epsilon, gradientScale];
}

function update(
  heap: Heap,
  [param, grad, m, v]: [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo, tf.TensorInfo],
  factors: readonly number[],
): tf.TensorInfo[] {
  const outputs = [heap.output(param.shape), heap.output(m.shape), heap.output(v.shape)];
  const pointers = [param, grad, m, v, ...outputs].map(heap.at);
  heap.kernels.adamw(...pointers, tf.util.sizeFromShape(param.shape), ...factors);
  return outputs;
}
