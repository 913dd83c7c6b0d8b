import type * as tf from '@tensorflow/tfjs-core';

/** An array of the host in float64, row by row. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** One operation at one size: as it runs on a backend, and as its definition says in float64. */
export interface Case {
  /** Row of the table; for what @medseg/ops exports, the name of the function. */
  readonly operation: string;
  /** What is special about this case. */
  readonly detail: string;
  /** Shapes of the inputs, whose gradients are all checked. */
  readonly shapes: readonly (readonly number[])[];
  run(...inputs: tf.Tensor[]): tf.Tensor;
  reference(...inputs: HostArray[]): Float64Array;
  /** 'distinct': no two values of an input are within 0.05, for operations that choose. Default 'normal'. */
  readonly values?: 'normal' | 'distinct' | 'positive';
  /** Why there is no gradient to check, where the operation is not meant to be differentiated. */
  readonly noGradient?: string;
  /** Whether it reads a tensor's values without waiting, which WebGPU by software cannot do. */
  readonly readsAtOnce?: boolean;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
