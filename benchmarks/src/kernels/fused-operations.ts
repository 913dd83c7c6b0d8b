import * as ops from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';

export interface FusedOperation {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
}

type T1 = tf.Tensor1D;
type T2 = tf.Tensor2D;
type T3 = tf.Tensor3D;
type T4 = tf.Tensor4D;
const map = [16, 32, 32, 16];

/** Operations of @medseg/ops at a size that the networks have; stock tfjs runs their composed form. */
export const fusedOperations: readonly FusedOperation[] = [
  {
    name: 'groupNorm + scale-shift + silu',
    shapes: [map, [16], [16], [16, 16], [16, 16]],
    run: (x, g, b, scale, shift) =>
      ops.groupNorm(x as T4, g as T1, b as T1, {
        groups: 8,
        activation: 'silu',
        scale: scale as T2,
        shift: shift as T2,
      }),
  },
  {
    name: 'channelLayerNorm',
    shapes: [map, [16], [16]],
    run: (x, g, b) => ops.channelLayerNorm(x as T4, g as T1, b as T1),
  },
  { name: 'silu', shapes: [map], run: (x) => ops.silu(x!) },
  {
    name: 'attention',
    shapes: [
      [16, 64, 128],
      [16, 64, 128],
      [16, 64, 128],
    ],
    run: (q, k, v) => ops.attention(q as T3, k as T3, v as T3, { heads: 4 }),
  },
  {
    name: 'linearAttention',
    shapes: [[4, 1024, 16], [16, 384], [128, 16], [16]],
    run: (x, qkv, out, b) => ops.linearAttention(x as T3, qkv as T2, out as T2, b as T1, { heads: 4 }),
  },
  { name: 'spectralFilter', shapes: [map, [32, 32, 16]], run: (x, a) => ops.spectralFilter(x as T4, a as T3) },
  { name: 'upsampleNearest', shapes: [[16, 16, 16, 32]], run: (x) => ops.upsampleNearest(x as T4, 2) },
  { name: 'averagePool', shapes: [map], run: (x) => ops.averagePool(x as T4, 2) },
  { name: 'pixelUnshuffle', shapes: [map], run: (x) => ops.pixelUnshuffle(x as T4, 2) },
  { name: 'dense', shapes: [[256, 64], [64, 256], [256]], run: (x, w, b) => ops.dense(x as T2, w as T2, b as T1) },
  {
    name: 'conv2d + bias, strided',
    shapes: [map, [3, 3, 16, 32], [32]],
    run: (x, w, b) => ops.conv2d(x as T4, w as T4, b as T1, { strides: 2, padding: 1 }),
  },
];
