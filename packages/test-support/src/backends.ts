import '@tensorflow/tfjs-layers'; // registers every gradient of tfjs-core
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { register } from '@medseg/backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe } from 'vitest';

export type BackendName = 'cpu' | 'wasm';

/** Runs a block of tests once on each backend that Node has without further set-up. */
export function describeOnBackends(title: string, body: (backend: BackendName) => void): void {
  for (const backend of ['cpu', 'wasm'] as const) {
    describe(`${title} [${backend}]`, () => {
      beforeAll(async () => {
        if (backend === 'wasm') await register();
        else await tf.setBackend('cpu');
        await tf.ready();
      });
      body(backend);
    });
  }
}
