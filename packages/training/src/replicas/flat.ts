import { addValues, readTensors, tensorsFrom } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';

type Tensors = ReadonlyMap<string, tf.Tensor>;

/** Number of values of all variables together. */
export function flatSize(variables: Tensors): number {
  let size = 0;
  for (const variable of variables.values()) size += variable.size;
  return size;
}

/** Copies tensors into one array, in the order of `variables`. */
export function flatten(variables: Tensors, tensors: Tensors, flat: Float32Array): void {
  readTensors(inOrder(variables, tensors), flat);
}

/** Makes tensors of one array, in the shapes of `variables`; the caller's. */
export function unflatten(variables: Tensors, flat: Float32Array): Map<string, tf.Tensor> {
  const shapes = [...variables.values()].map(({ shape }) => shape);
  return named(variables, tensorsFrom(flat, shapes));
}

/** Sums of tensors and of an array's values, in the shapes of `variables`; new tensors, the caller's. */
export function addFlat(variables: Tensors, tensors: Tensors, flat: Float32Array): Map<string, tf.Tensor> {
  return named(variables, addValues(inOrder(variables, tensors), flat));
}

function inOrder(variables: Tensors, tensors: Tensors): tf.Tensor[] {
  return [...variables.keys()].map((name) => tensors.get(name)!);
}

function named(variables: Tensors, tensors: readonly tf.Tensor[]): Map<string, tf.Tensor> {
  return new Map([...variables.keys()].map((name, i) => [name, tensors[i]!]));
}
