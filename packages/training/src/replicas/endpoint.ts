/** What the page or main thread holds of a worker: a thread of Node or a web worker. */
export interface WorkerEndpoint {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Called once, before anything is posted. `death` may be told more than once. */
  listen(handlers: { message(message: unknown): void; death(reason: string): void }): void;
  terminate(): Promise<void>;
  /** Whether this worker keeps the process alive; in a browser there is nothing to do. */
  hold?(busy: boolean): void;
}

/** What a worker holds of the thread that started it: `self` of a web worker, or `parentPort` of Node wrapped. */
export interface WorkerPort {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  listen(handler: (message: unknown) => void): void;
}

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

/** The port inside a web worker. */
export function webWorkerPort(scope: typeof globalThis = globalThis): WorkerPort {
  const self = scope as unknown as {
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
    onmessage: ((event: MessageEvent<unknown>) => void) | null;
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
  };
}
