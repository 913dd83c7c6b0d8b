import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { allCases } from '../cases/all.ts';
import { type Outcome, runCase } from '../run-case.ts';

// The page of `npm run backends`: browser.ts calls these.
Object.assign(globalThis, {
  medseg: {
    start: async (backend: string): Promise<void> => {
      if (!(await tf.setBackend(backend))) throw new Error(`tfjs could not start its ${backend} backend`);
      await tf.ready();
    },
    run: (index: number): Promise<Outcome> => runCase(allCases[index]!),
  },
});
