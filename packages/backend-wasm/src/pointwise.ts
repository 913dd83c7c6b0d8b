import * as tf from '@tensorflow/tfjs-core';
import { columnSum } from './column-sum.ts';
import type { Call, Kernel } from './kernel.ts';

/** SiLU, AdamW, moving averages, and the sums that training needs. */
export const pointwiseKernels: readonly Kernel[] = [
  { name: 'MedsegSilu', run: silu },
  { name: 'MedsegSiluGrad', run: siluGradient },
  { name: 'MedsegColumnSum', run: ({ inputs, heap }) => columnSum(heap, inputs.x!) },
  { name: 'MedsegSumOfSquares', run: sumOfSquares },
  { name: 'MedsegAdamW', run: adamw },
  { name: 'MedsegMovingAverage', run: movingAverage },
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

function sumOfSquares({ inputs, heap }: Call): tf.TensorInfo {
  let total = 0;
  for (const x of Object.values(inputs)) {
    total += heap.kernels.sumOfSquares(heap.at(x), tf.util.sizeFromShape(x.shape));
  }
  return heap.backend.makeOutput([], 'float32', undefined, Float32Array.of(total));
}

/**
 * One weight or many: all parameters, then all gradients, first and second moments; out without the gradients, and
 * without the moments where `reuse` lets them be changed in place.
 */
function adamw({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const tensors = Object.values(inputs);
  const n = tensors.length / 4;
  const { beta1, beta2 } = attrs as { beta1: number; beta2: number };
  const { stepSize, variance, decay, epsilon, gradientScale } = attrs;
  const factors = [stepSize, variance, decay, beta1, beta2, 1 - beta1, 1 - beta2, epsilon, gradientScale] as number[];
  const outputs: tf.TensorInfo[] = [];
  const inPlace = attrs.reuse && tensors.slice(2 * n).every(heap.alone);
  for (let i = 0; i < n; i++) {
    const state = [tensors[i]!, tensors[n + i]!, tensors[2 * n + i]!, tensors[3 * n + i]!];
    const [param, , m, v] = state as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
    const next = heap.output(param.shape);
    const [nextM, nextV] = inPlace ? [m, v] : [heap.output(m.shape), heap.output(v.shape)];
    const pointers = [...state, next, nextM, nextV].map(heap.at);
    heap.kernels.adamw(...pointers, tf.util.sizeFromShape(param.shape), ...factors);
    outputs[i] = next;
    if (!inPlace) [outputs[n + i], outputs[2 * n + i]] = [nextM, nextV];
  }
  return outputs;
}

/** Inputs: all averages, then all values. */
function movingAverage({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const tensors = Object.values(inputs);
  const decay = attrs.decay as number;
  return tensors.slice(0, tensors.length / 2).map((average, i) => {
    const value = tensors[tensors.length / 2 + i]!;
    const next = heap.output(average.shape);
    const pointers = [average, value, next].map(heap.at);
    heap.kernels.movingAverage(...pointers, tf.util.sizeFromShape(average.shape), decay, 1 - decay);
    return next;
  });
}
