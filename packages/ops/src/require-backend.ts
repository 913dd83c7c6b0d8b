import * as tf from '@tensorflow/tfjs-core';

/**
 * Makes sure that tfjs can compute: that a backend is there and has started. Throws Error with what is to be done.
 *
 * @example requireBackend('UNet');
 */
export function requireBackend(who: string): void {
  if (Object.keys(tf.engine().registryFactory).length === 0) {
    throw new Error(
      `${who}: needs a backend of tfjs, got none; await register() of '@medseg/backend-wasm', or import '@tensorflow/tfjs-backend-cpu'`,
    );
  }
  try {
    tf.backend();
  } catch (error) {
    throw new Error(
      `${who}: needs a backend that has started; await register() of '@medseg/backend-wasm', tf.setBackend() or tf.ready() first (tfjs: ${(error as Error).message})`,
    );
  }
}
