import * as tf from '@tensorflow/tfjs-core';
import type { Call, Kernel } from './kernel.ts';

/** Group normalisation with scale, shift and SiLU; layer normalisation over the last axis. */
export const normKernels: readonly Kernel[] = [
  { name: 'MedsegGroupNorm', run: groupNorm },
  { name: 'MedsegGroupNormGrad', run: groupNormGradient },
  { name: 'MedsegLayerNorm', run: layerNorm },
  { name: 'MedsegLayerNormGrad', run: layerNormGradient },
];

interface GroupNormAttrs {
  groups: number;
  epsilon: number;
  silu: boolean;
  hasScale: boolean;
  hasShift: boolean;
}

function groupNorm({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const list = Object.values(inputs);
  const { groups, epsilon, silu, hasScale, hasShift } = attrs as unknown as GroupNormAttrs;
  const [x, gamma, beta] = list as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
  const scale = hasScale ? heap.at(list[3]!) : 0;
  const shift = hasShift ? heap.at(list[hasScale ? 4 : 3]!) : 0;
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const y = heap.output(x.shape);
  const statistics = heap.output([n, groups, 2]);
  heap.kernels.groupNorm(
    ...[x, gamma, beta].map(heap.at),
    ...[scale, shift, heap.at(y), heap.at(statistics)],
    ...[n, h * w, c, groups, epsilon, silu ? 1 : 0],
  );
  return [y, statistics];
}

/** Inputs: those of the forward kernel, statistics, dy. Outputs: their gradients in the same order. */
function groupNormGradient({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const list = Object.values(inputs);
  const { groups, silu, hasScale, hasShift } = attrs as unknown as GroupNormAttrs;
  const forward = list.slice(0, -2);
  const [statistics, dy] = list.slice(-2) as [tf.TensorInfo, tf.TensorInfo];
  const [n, h, w, c] = forward[0]!.shape as [number, number, number, number];
  const grads = forward.map(({ shape }) => heap.output(shape));
  const [pointers, targets] = [forward, grads].map((tensors) => {
    const all = tensors.map(heap.at);
    return [...all.slice(0, 3), hasScale ? all[3]! : 0, hasShift ? all[hasScale ? 4 : 3]! : 0];
  }) as [number[], number[]];
  const sizes = [n, h * w, c, groups, silu ? 1 : 0];
  heap.kernels.groupNormGradient(...pointers, heap.at(statistics), heap.at(dy), ...targets, ...sizes);
  return grads;
}

function layerNorm({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const [x, gamma, beta] = [inputs.x!, inputs.gamma!, inputs.beta];
  const rows = tf.util.sizeFromShape(x.shape.slice(0, -1));
  const y = heap.output(x.shape);
  const statistics = heap.output([rows, 2]);
  heap.kernels.layerNorm(
    ...[heap.at(x), heap.at(gamma), beta ? heap.at(beta) : 0, heap.at(y), heap.at(statistics)],
    ...[rows, x.shape[x.shape.length - 1]!, attrs.epsilon as number],
  );
  return [y, statistics];
}

function layerNormGradient({ inputs, heap }: Call): tf.TensorInfo[] {
  const [x, gamma, statistics, dy] = [inputs.x!, inputs.gamma!, inputs.statistics!, inputs.dy!];
  const c = x.shape[x.shape.length - 1]!;
  const outputs = [heap.output(x.shape), heap.output([c]), heap.output([c])];
  const rows = tf.util.sizeFromShape(x.shape.slice(0, -1));
  heap.kernels.layerNormGradient(...[x, gamma, statistics, dy, ...outputs].map(heap.at), rows, c);
  return outputs;
}
