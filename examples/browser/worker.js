// The worker of the page: it has the backend and the network, and does all the work.
import '@tensorflow/tfjs-layers'; // registers the gradients and the kernels of tfjs-core
import { register } from '@medseg/backend-wasm';
import { serveRun } from '@medseg/pipeline';
import { webWorkerPort } from '@medseg/workers';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded, // asked for by name, and never loaded
});
serveRun(webWorkerPort(), register);
