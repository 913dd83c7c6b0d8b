import '@tensorflow/tfjs-layers'; // registers every gradient of tfjs-core
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe } from 'vitest';

export type BackendName = 'cpu' | 'wasm' | 'native' | 'webgl' | 'webgpu';

const inBrowser = typeof document !== 'undefined';

/**
 * The backends of this host: three in a browser; two in Node, with MEDSEG_NATIVE=1 the native one too, or it `only`, or
 * it alone and `composed` of TensorFlow's operations, as on a graphics card.
 */
const hostBackends: readonly BackendName[] = inBrowser
  ? ['wasm', 'webgl', 'webgpu']
  : inNode(process.env.MEDSEG_NATIVE);

function inNode(native: string | undefined): readonly BackendName[] {
  if (native === 'only' || native === 'composed') return ['native'];
  return ['cpu', 'wasm', ...(native === '1' ? (['native'] as const) : [])];
}

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
  if (!tf.findBackend('wasm')) await startBackend('wasm'); // for onWasm
  if (name === 'native') {
    await (await import('@medseg/backend-native')).register({ operations: process.env.MEDSEG_NATIVE !== 'composed' });
    return;
  }
  if (!tf.findBackendFactory(name)) await loaders[name]();
  if (!(await tf.setBackend(name))) throw new Error(`startBackend: tfjs could not start its ${name} backend here`);
  await tf.ready();
}

/** Runs `work` on wasm, wherever the tests are: startBackend has started it beside every other backend. */
export function onWasm<T>(work: () => T): T {
  const current = tf.getBackend();
  void tf.setBackend('wasm'); // both have been started: this takes effect at once
  try {
    return work();
  } finally {
    void tf.setBackend(current);
  }
}

const loaders: Record<Exclude<BackendName, 'wasm' | 'native'>, () => Promise<unknown>> = {
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  webgpu: async () => (await import('./webgpu/remote-backend.ts')).registerWebgpuInWorker(),
};
