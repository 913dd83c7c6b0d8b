import { requireObject } from '@medseg/arguments';
import type { WorkerEndpoint, WorkerPort } from './endpoint.ts';
import { startWorker } from './start-worker.ts';

/**
 * Wraps a web worker, or one that a function starts: where the page may not, which `new Worker` throws, it is one that has
 * died at once. Call it right after the worker was made: what goes wrong before anyone listens is kept.
 */
export function webWorkerEndpoint(worker: Worker | (() => Worker)): WorkerEndpoint {
  if (typeof worker !== 'function') requireObject('webWorkerEndpoint: worker', worker, ['postMessage', 'terminate']);
  return startWorker(worker, endpointOf);
}

function endpointOf(worker: Worker): WorkerEndpoint {
  let early: string | undefined;
  const reasonOf = (event: ErrorEvent): string => {
    event.preventDefault();
    return event.message || 'the worker could not be loaded';
  };
  worker.onerror = (event) => {
    early ??= reasonOf(event);
  };
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: ({ message, death }) => {
      worker.onmessage = (event: MessageEvent<unknown>) => message(event.data);
      worker.onerror = (event) => death(reasonOf(event));
      worker.onmessageerror = () => death('a message could not be read');
      const reason = early;
      if (reason !== undefined) queueMicrotask(() => death(reason));
    },
    terminate: async () => worker.terminate(),
  };
}

/** The port inside a web worker. Call it before anything is awaited: messages that come earlier are lost. */
export function webWorkerPort(scope: typeof globalThis = globalThis): WorkerPort {
  const self = scope as unknown as {
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
    onmessage: ((event: MessageEvent<unknown>) => void) | null;
    close(): void;
  };
  // What comes before anyone listens is kept: building a network takes a while.
  const early: unknown[] = [];
  self.onmessage = (event) => void early.push(event.data);
  return {
    post: (message, transfer = []) => self.postMessage(message, transfer),
    listen: (handler) => {
      self.onmessage = (event) => handler(event.data);
      for (const message of early.splice(0)) handler(message);
    },
    close: () => self.close(),
  };
}
