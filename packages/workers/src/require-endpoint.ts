import { kindOf } from '@medseg/arguments';
import type { WorkerEndpoint } from './endpoint.ts';

/**
 * Makes sure that a value wraps a worker. Throws TypeError for another value; of a worker itself the message says what
 * wraps it. `what` names the function and the argument.
 *
 * @example requireEndpoint('loadRun: worker', {}); // throws: loadRun: worker must be a WorkerEndpoint
 */
export function requireEndpoint(what: string, endpoint: unknown): asserts endpoint is WorkerEndpoint {
  const { post, listen, terminate, postMessage } = (endpoint ?? {}) as Readonly<Record<string, unknown>>;
  if ([post, listen, terminate].every((member) => typeof member === 'function')) return;
  const isWorker = typeof postMessage === 'function';
  const remedy = isWorker ? '; wrap the worker with webWorkerEndpoint() or nodeWorkerEndpoint()' : '';
  throw new TypeError(`${what} must be a WorkerEndpoint, got ${kindOf(endpoint)}${remedy}`);
}

/** As `requireEndpoint`, for a list of them. */
export function requireEndpoints(what: string, endpoints: readonly unknown[]): void {
  if (!Array.isArray(endpoints)) {
    throw new TypeError(`${what} must be a list of WorkerEndpoints, got ${kindOf(endpoints)}`);
  }
  for (const [i, endpoint] of endpoints.entries()) requireEndpoint(`${what}[${i}]`, endpoint);
}
