import '@tensorflow/tfjs-layers';
import '@medseg/test-support/wasm-in-browser';
import { register } from '@medseg/backend-wasm';
import { webWorkerPort } from '@medseg/workers';
import { largeTrainer, smallTrainer } from '../small-trainer.fixture.ts';
import { serveReplica } from './serve-replica.ts';

// A web worker of web-worker.browser.test.ts; `#doomed` makes it throw at its third message,
// `#large` has the network of largeTrainer.
const port = webWorkerPort();
await register();
let messages = 0;
serveReplica(
  {
    ...port,
    listen: (handler) =>
      port.listen((message) => {
        if (location.hash === '#doomed' && ++messages === 3) throw new Error('a broken worker');
        handler(message);
      }),
  },
  (location.hash === '#large' ? largeTrainer(9) : smallTrainer(9)).recipe,
);
