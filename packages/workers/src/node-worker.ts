import { parentPort, type Worker } from 'node:worker_threads';
import { requireObject } from '@medseg/arguments';
import type { WorkerEndpoint, WorkerPort } from './endpoint.ts';
import { killAtExit } from './kill-at-exit.ts';
import { startWorker } from './start-worker.ts';

/**
 * Wraps a worker thread of Node, or one that a function starts: where the system refuses the thread, which `new Worker`
 * throws, it is one that has died at once. It keeps the process alive only while it is at work.
 *
 * @example const client = new WorkerClient(nodeWorkerEndpoint(() => new Worker(script)));
 */
export function nodeWorkerEndpoint(worker: Worker | (() => Worker)): WorkerEndpoint {
  if (typeof worker !== 'function')
    requireObject('nodeWorkerEndpoint: worker', worker, ['postMessage', 'terminate', 'on', 'unref']);
  return startWorker(worker, endpointOf);
}

function endpointOf(worker: Worker): WorkerEndpoint {
  worker.unref();
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: ({ message, death }) => {
      worker.on('message', message);
      worker.on('messageerror', (error) => death(error.message));
      worker.on('error', (error) => death(error instanceof Error ? error.message : String(error)));
      worker.on('exit', (code) => death(`exit code ${code}`));
    },
    terminate: () => worker.terminate(),
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    abandon: () => killAtExit(worker),
  };
}

/** The port inside a worker thread of Node. Throws TypeError on the main thread. */
export function nodeWorkerPort(): WorkerPort {
  const port = parentPort;
  if (port === null) throw new TypeError('nodeWorkerPort: only inside a worker thread');
  return {
    post: (message, transfer = []) => port.postMessage(message, transfer),
    listen: (handler) => void port.on('message', handler),
    close: () => process.exit(0), // of a thread: ends it alone
  };
}
