import { parentPort } from 'node:worker_threads';

// A thread of the tests of WorkPool: doubles numbers, and goes wrong where a job says how.

parentPort.on('message', ({ value, fault, signs = 0 }) => {
  if (fault === 'exit') process.exit(3);
  if (fault === 'throw') throw new Error('out of luck');
  if (fault === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (fault === 'spin') for (;;);
  // Synchronous, as a network is: no turn of the event loop between two signs of life.
  for (let sign = 0; sign < signs; sign++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    parentPort.postMessage({ kind: 'alive' });
  }
  if (fault === 'fail') parentPort.postMessage({ kind: 'failed', reason: 'no memory' });
  else parentPort.postMessage({ kind: 'done', answer: { value: 2 * value, elsewhere: true } });
});
parentPort.postMessage({ kind: 'ready' });
