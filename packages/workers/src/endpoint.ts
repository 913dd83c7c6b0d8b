/** What the owner of a worker holds: it wraps a thread of Node or a web worker. */
export interface WorkerEndpoint {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Called once, before anything is posted. `death` may be called more than once. */
  listen(handlers: { message(message: unknown): void; death(reason: string): void }): void;
  /** Stops the worker, whatever it does. Resolves once it has stopped, which may be never. */
  terminate(): Promise<unknown>;
  /** Whether this worker keeps the process alive; in a browser there is nothing to do. */
  hold?(busy: boolean): void;
  /** Called for a worker that could not be stopped: the process must be able to end with it. */
  abandon?(): void;
}

/** What a worker holds of its owner: it wraps `self` of a web worker or `parentPort` of Node. */
export interface WorkerPort {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  listen(handler: (message: unknown) => void): void;
  /** Ends the worker from inside. */
  close(): void;
}
