import type { WorkerEndpoint, WorkerPort } from '@medseg/workers';

/** A worker that lives on this thread: messages are cloned at once and arrive later, as those of a thread do. */
export function localEndpoint(serve: (port: WorkerPort) => void): WorkerEndpoint & { kill(reason: string): void } {
  let toWorker: (message: unknown) => void = () => {};
  let handlers: Parameters<WorkerEndpoint['listen']>[0] | undefined;
  let over = false;
  const later = (work: () => void): void => void setTimeout(() => over || work(), 0);
  serve({
    post: (message) => {
      const copy = structuredClone(message);
      later(() => handlers?.message(copy));
    },
    listen: (handler) => {
      toWorker = handler;
    },
    close: () => {},
  });
  return {
    post: (message) => {
      const copy = structuredClone(message);
      later(() => toWorker(copy));
    },
    listen: (given) => {
      handlers = given;
    },
    terminate: async () => {
      over = true;
    },
    kill: (reason) => {
      over = true;
      handlers?.death(reason);
    },
  };
}
