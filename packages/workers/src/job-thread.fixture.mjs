import { serveWorker } from '../dist/index.js';
import { nodeWorkerPort } from '../dist/node.js';

// A thread of the tests: doubles numbers, and goes wrong where a job says how.

const sleep = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
const port = nodeWorkerPort();

await serveWorker(port, () => ({ value, fault, signs = 0 }) => {
  if (fault === 'exit') process.exit(3);
  if (fault === 'throw') {
    setImmediate(() => {
      throw new Error('out of luck');
    });
    return new Promise(() => {});
  }
  if (fault === 'hang') sleep(Number.POSITIVE_INFINITY);
  if (fault === 'spin') for (;;);
  // Synchronous, as a network is: no turn of the event loop between two signs of life.
  for (let sign = 0; sign < signs; sign++) {
    sleep(200);
    port.post({ kind: 'alive' });
  }
  if (fault === 'fail') throw new Error('no memory');
  return { value: 2 * value, elsewhere: true };
});
