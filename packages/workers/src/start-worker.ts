import type { WorkerEndpoint } from './endpoint.ts';

/** The endpoint of a worker, or of one that a function starts; where that throws, of one that has died of it at once. */
export function startWorker<W extends object>(
  worker: W | (() => W),
  endpointOf: (worker: W) => WorkerEndpoint,
): WorkerEndpoint {
  let started: W;
  try {
    started = typeof worker === 'function' ? worker() : worker;
  } catch (error) {
    const reason = `it could not be started: ${error instanceof Error ? error.message : String(error)}`;
    return {
      post: () => {},
      listen: ({ death }) => queueMicrotask(() => death(reason)), // once its owner holds it
      terminate: () => Promise.resolve(),
    };
  }
  return endpointOf(started);
}
