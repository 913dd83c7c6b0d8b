import type { WorkerEndpoint, WorkerPort } from './endpoint.ts';

/** Wraps a web worker. */
export function webWorkerEndpoint(worker: Worker): WorkerEndpoint {
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: ({ message, death }) => {
      worker.onmessage = (event: MessageEvent<unknown>) => message(event.data);
      worker.onerror = (event) => {
        event.preventDefault();
        death(event.message || 'the worker could not be loaded');
      };
      worker.onmessageerror = () => death('a message could not be read');
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
