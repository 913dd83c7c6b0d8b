import { isMainThread, parentPort } from 'node:worker_threads';

// Preloaded into every thread of the command by NODE_OPTIONS=--import: message number FAULT_AT of a thread that runs
// FAULT_IN is not sent; the thread ends instead, by `exit`, an uncaught `throw` or a `hang`.

if (!isMainThread && parentPort !== null && process.argv[1].includes(process.env.FAULT_IN)) {
  const post = parentPort.postMessage.bind(parentPort);
  let left = Number(process.env.FAULT_AT);
  parentPort.postMessage = (message, transfer) => {
    left--;
    if (left > 0) {
      post(message, transfer);
      return;
    }
    if (process.env.FAULT === 'exit') process.exit(7);
    if (process.env.FAULT === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    setImmediate(() => {
      throw new Error('out of luck');
    });
  };
}
