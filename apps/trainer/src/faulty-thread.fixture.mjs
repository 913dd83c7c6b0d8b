import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isMainThread, parentPort } from 'node:worker_threads';

// Preloaded into the command and every thread of it by NODE_OPTIONS=--import. FAULT_IN says which threads go wrong, as
// `program:n`, several after a comma: message number n of that thread is not sent; it ends instead, by `exit`, an uncaught
// `throw` or a `hang`, as FAULT says. With `refuse` the system does not give the thread.

const faults = process.env.FAULT_IN.split(',').map((text) => text.split(':'));
const kind = process.env.FAULT;
const numberIn = (program) => Number(faults.find(([name]) => program.includes(name))?.[1] ?? Number.NaN);

if (isMainThread) {
  const threads = createRequire(import.meta.url)('node:worker_threads');
  threads.Worker = class extends threads.Worker {
    constructor(script, options) {
      if (kind === 'refuse' && numberIn(String(script)) > 0) throw new Error('no thread is left');
      // Options of the process are kept from some threads, and this is one.
      super(script, { ...options, execArgv: [...(options?.execArgv ?? []), '--import', import.meta.url] });
    }
  };
  syncBuiltinESMExports();
  if (kind === 'hang') {
    // A minute is long for a test.
    const { Patience } = await import('../../../packages/workers/dist/index.js');
    Object.defineProperty(Patience.prototype, 'milliseconds', { get: () => 5000 });
  }
} else if (parentPort !== null) {
  const post = parentPort.postMessage.bind(parentPort);
  let left = numberIn(process.argv[1]);
  parentPort.postMessage = (message, transfer) => {
    left--;
    if (!(left <= 0)) {
      post(message, transfer);
      return;
    }
    if (kind === 'exit') process.exit(7);
    if (kind === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    setImmediate(() => {
      throw new Error('out of luck');
    });
  };
}
