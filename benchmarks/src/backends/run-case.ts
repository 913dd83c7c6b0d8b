import * as tf from '@tensorflow/tfjs-core';
import type { Case } from './case.ts';
import { inputsOf, outputWeights, samplePlaces } from './inputs.ts';

/** What a backend gave, or the error with which it refused. */
export interface Outcome {
  readonly value: number[] | { readonly refused: string };
  /** As in `Expected`; null where the case has none. */
  readonly gradients: number[][] | { readonly refused: string } | null;
}

/** Runs a case on the current backend. */
export async function runCase(testCase: Case): Promise<Outcome> {
  if (testCase.readsAtOnce && tf.getBackend() === 'webgpu') {
    return {
      value: { refused: 'gives a number at once; tfjs reads webgpu so through a canvas, empty by software' },
      gradients: null,
    };
  }
  const inputs = inputsOf(testCase).map(({ shape, data }) => tf.tensor(Float32Array.from(data), [...shape]));
  try {
    const value = await attempt(() => readValue(testCase, inputs));
    if (testCase.noGradient !== undefined) return { value, gradients: null };
    return { value, gradients: 'refused' in value ? value : await attempt(() => gradientsOf(testCase, inputs)) };
  } finally {
    tf.dispose(inputs);
  }
}

async function attempt<T>(work: () => Promise<T>): Promise<T | { refused: string }> {
  tf.engine().startScope();
  try {
    return await work();
  } catch (error) {
    return { refused: (error instanceof Error ? error.message : String(error)).split('\n')[0]! };
  } finally {
    tf.engine().endScope();
  }
}

async function readValue(testCase: Case, inputs: tf.Tensor[]): Promise<number[]> {
  return Array.from(await testCase.run(...inputs).data<'float32'>());
}

async function gradientsOf(testCase: Case, inputs: tf.Tensor[]): Promise<number[][]> {
  const gradients = tf.grads((...xs: tf.Tensor[]) => {
    const y = testCase.run(...xs);
    return tf.sum(tf.mul(y, tf.tensor(Float32Array.from(outputWeights(y.size)), y.shape)));
  })(inputs);
  const values = await Promise.all(gradients.map((gradient) => gradient.data<'float32'>()));
  return values.map((list) => samplePlaces(list.length).map((at) => list[at]!));
}
