import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { serveWorker } from '../dist/index.js';
import { nodeWorkerPort } from '../dist/node.js';

// A thread of the tests of how workers end; a question says what it does then.

const port = nodeWorkerPort();
await serveWorker(port, () => ({ what, path }) => {
  if (what === 'nothing') return 'done';
  if (what === 'spin') for (;;);
  if (what === 'sleep') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  // A system call that does not return, as reads of a lost network drive do not: nobody writes to this pipe.
  if (what === 'stuck') return readFileSync(path, 'utf8');
  if (what === 'wait') return new Promise(() => {});
  if (what === 'deaf') {
    parentPort.removeAllListeners('message');
    parentPort.on('message', () => {});
    return 'done';
  }
  if (what === 'dies') process.on('exit', () => process.exit(9));
  return 'done';
});
