// A thread of parity/training.ts.
import '@tensorflow/tfjs-layers'; // registers the gradients
import { workerData } from 'node:worker_threads';
import { register } from '@medseg/backend-wasm';
import { serveReplica } from '@medseg/training';
import { nodeWorkerPort } from '@medseg/workers/node';
import { readFixture, recipeOf } from './parity/training-fixture.ts';

await register();
const draw = (): never => {
  throw new Error('a replica draws nothing');
};
serveReplica(nodeWorkerPort(), recipeOf(readFixture((workerData as { path: string }).path), draw).recipe);
