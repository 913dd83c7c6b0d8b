import * as tf from '@tensorflow/tfjs-core';

const filled = <R extends tf.Rank>(shape: tf.ShapeMap[R]): tf.Tensor<R> =>
  tf.tensor(
    Float32Array.from({ length: (shape as number[]).reduce((size, side) => size * side, 1) }, (_, i) => Math.sin(i)),
    shape,
  );

export const h = 8;
export const w = 8;
export const c = 16;
export const x: tf.Tensor4D = filled([2, 8, 8, 16]);
export const gamma: tf.Tensor1D = tf.ones([16]);
export const beta: tf.Tensor1D = tf.zeros([16]);
export const bias: tf.Tensor1D = tf.zeros([4]);
export const filter: tf.Tensor4D = filled([3, 3, 16, 4]);
export const kernel: tf.Tensor2D = filled([16, 4]);
export const q: tf.Tensor3D = filled([2, 5, 16]);
export const k: tf.Tensor3D = filled([2, 5, 16]);
export const v: tf.Tensor3D = filled([2, 5, 16]);
export const rows: tf.Tensor2D = filled([2, 16]);
export const tokens: tf.Tensor3D = filled([2, 5, 16]);
export const qkv: tf.Tensor2D = filled([16, 48]);
export const out: tf.Tensor2D = filled([16, 16]);
export const anchor: tf.Tensor4D = tf.ones([1, 8, 8, 1]);
export const fine: tf.Tensor4D = tf.ones([1, 8, 8, 2]);
export const coarse: tf.Tensor4D = tf.ones([1, 4, 4, 2]);
export const condition: { anchor: tf.Tensor4D; features: tf.Tensor4D[] } = { anchor: x, features: [x] };
export const a: tf.Tensor1D = filled([3]);
export const b: tf.Tensor1D = filled([2]);
export const average: tf.Tensor1D = filled([3]);
export const value: tf.Tensor1D = filled([3]);
export const param: tf.Tensor1D = filled([3]);
export const grad: tf.Tensor1D = filled([3]);
export const m0: tf.Tensor1D = tf.zeros([3]);
export const v0: tf.Tensor1D = tf.zeros([3]);
export const weight: tf.Variable = tf.variable(filled([3]));
export const gradients: tf.Tensor[] = [filled([3])];
