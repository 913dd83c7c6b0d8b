import '@tensorflow/tfjs-layers'; // registers every gradient of tfjs-core
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe } from 'vitest';

export type BackendName = 'cpu' | 'wasm' | 'webgl' | 'webgpu';

const inBrowser = typeof document !== 'undefined';

/** The backends that this host has without further set-up: two in Node, three in a browser. */
const hostBackends: readonly BackendName[] = inBrowser ? ['wasm', 'webgl', 'webgpu'] : ['cpu', 'wasm'];

/** Runs a block of tests once on each backend of this host. */
export function describeOnBackends(title: string, body: (backend: BackendName) => void): void {
  for (const backend of hostBackends) {
    describe(`${title} [${backend}]`, () => {
      beforeAll(() => startBackend(backend));
      body(backend);
    });
  }
}

/** Makes a backend current. Throws where this host does not start it. */
export async function startBackend(name: BackendName): Promise<void> {
  if (name === 'wasm') {
    if (inBrowser) await import('./wasm-in-browser.ts');
    await (await import('@medseg/backend-wasm')).register();
    return;
  }
  if (name !== 'cpu' && !tf.findBackend('wasm')) await startBackend('wasm'); // for onFastBackend
  if (!tf.findBackendFactory(name)) await loaders[name]();
  if (!(await tf.setBackend(name))) throw new Error(`startBackend: tfjs could not start its ${name} backend here`);
  await tf.ready();
}

/** Runs `work` on wasm where the current backend is a graphics card's, else where it is. */
export function onFastBackend<T>(work: () => T): T {
  const current = tf.getBackend();
  if (current !== 'webgl' && current !== 'webgpu') return work();
  void tf.setBackend('wasm'); // both have been started: this takes effect at once
  try {
    return work();
  } finally {
    void tf.setBackend(current);
  }
}

const loaders: Record<Exclude<BackendName, 'wasm'>, () => Promise<unknown>> = {
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  webgpu: async () => (await import('./webgpu/remote-backend.ts')).registerWebgpuInWorker(),
};
