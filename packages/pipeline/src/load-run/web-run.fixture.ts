import '@tensorflow/tfjs-layers';
import '@medseg/test-support/wasm-in-browser';
import { register } from '@medseg/backend-wasm';
import { webWorkerPort } from '@medseg/workers';
import { serveRun } from './serve-run.ts';

// A web worker of the tests in a browser: what a page's own worker holds.
await serveRun(webWorkerPort(), register);
