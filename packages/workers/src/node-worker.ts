import { parentPort, type Worker } from 'node:worker_threads';
import type { WorkerEndpoint, WorkerPort } from './endpoint.ts';
import { killAtExit } from './kill-at-exit.ts';

/**
 * Wraps a worker thread of Node, or one that a function starts: where the system refuses the thread, which `new Worker`
 * throws, it is one that has died at once. It keeps the process alive only while it is at work.
 *
 * @example const client = new WorkerClient(nodeWorkerEndpoint(() => new Worker(script)));
 */
export function nodeWorkerEndpoint(thread: Worker | (() => Worker)): WorkerEndpoint {
  let worker: Worker;
  try {
    worker = typeof thread === 'function' ? thread() : thread;
  } catch (error) {
    return refusedEndpoint(`it could not be started: ${messageOf(error)}`);
  }
  worker.unref();
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: ({ message, death }) => {
      worker.on('message', message);
      worker.on('messageerror', (error) => death(error.message));
      worker.on('error', (error) => death(messageOf(error)));
      worker.on('exit', (code) => death(`exit code ${code}`));
    },
    terminate: () => worker.terminate(),
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    abandon: () => killAtExit(worker),
  };
}

/** A worker that was never there. */
function refusedEndpoint(reason: string): WorkerEndpoint {
  return {
    post: () => {},
    listen: ({ death }) => queueMicrotask(() => death(reason)), // once its owner holds it
    terminate: () => Promise.resolve(),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
