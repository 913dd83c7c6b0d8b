import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';

export type Variant = 'simd128' | 'relaxed-simd';
export interface RegisterOptions {
  variant?: 'auto' | Variant;
}
export interface BackendDescription {
  variant: Variant;
}

export async function register(_options: RegisterOptions = {}): Promise<void> {
  await tf.setBackend('wasm');
  await tf.ready();
}

export function describeBackend(): BackendDescription {
  return { variant: 'simd128' };
}
