/** What the owner of a worker holds: it wraps a thread of Node or a web worker. */
export interface WorkerEndpoint {
  /** Sends a message; the buffers in `transfer` move with it. Default none move. */
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Called once, before anything is posted. `death` may be called more than once. */
  listen(handlers: {
    /** Called with each message of the worker. */
    message(message: unknown): void;
    /** Called with the reason where the worker has ended or failed. */
    death(reason: string): void;
  }): void;
  /** Stops the worker, whatever it does. Resolves once it has stopped, which may be never. */
  terminate(): Promise<unknown>;
  /** Whether this worker keeps the process alive; in a browser there is nothing to do. Needed only in Node. */
  hold?(busy: boolean): void;
  /** Called for a worker that could not be stopped: the process must be able to end with it. Needed only in Node. */
  abandon?(): void;
}

/** What a worker holds of its owner: it wraps `self` of a web worker or `parentPort` of Node. */
export interface WorkerPort {
  /** Sends a message; the buffers in `transfer` move with it. Default none move. */
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Called with each message of the owner. */
  listen(handler: (message: unknown) => void): void;
  /** Ends the worker from inside. */
  close(): void;
}
