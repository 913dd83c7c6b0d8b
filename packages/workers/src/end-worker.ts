import type { WorkerEndpoint } from './endpoint.ts';
import type { ToWorker } from './messages.ts';

/** How long a worker may take to end. */
export interface EndOptions {
  /** Milliseconds that a worker has to close itself before it is stopped; 500 unless given. */
  closeWithin?: number;
  /** Milliseconds after which a worker that cannot be stopped is given up; 2000 unless given. */
  endWithin?: number;
}

/** How a worker ended, and how long that took. */
export interface Ending {
  /** It closed itself; it was stopped; or neither within the time given. */
  readonly how: 'closed' | 'terminated' | 'stuck';
  /** How long it took from being told to end. */
  readonly milliseconds: number;
}

/**
 * Ends a worker in a bounded time. `gone` resolves once it has closed itself or exited; a worker that cannot answer is
 * not asked to (`politely: false`).
 *
 * A thread of Node can be beyond stopping: in a system call that does not return, or where V8 still compiles for it
 * (nodejs/node#54918: the thread waits for the compiler, which waits for the thread to collect garbage).
 */
export async function endWorker(
  endpoint: WorkerEndpoint,
  gone: Promise<undefined>,
  { closeWithin = 500, endWithin = 2000, politely }: EndOptions & { politely: boolean },
): Promise<Ending> {
  const started = performance.now();
  const since = (): number => performance.now() - started;
  endpoint.hold?.(true);
  let closed = false;
  if (politely) {
    try {
      endpoint.post({ kind: 'end' } satisfies ToWorker<never, never>);
      closed = await within(Math.min(closeWithin, endWithin), gone);
    } catch {
      // It is stopped instead.
    }
  }
  // Also after it said that it closes: this resolves when it has.
  const stopped = await within(Math.max(0, endWithin - since()), terminated(endpoint));
  if (!stopped) {
    endpoint.hold?.(false);
    endpoint.abandon?.();
  }
  return { how: stopped ? (closed ? 'closed' : 'terminated') : 'stuck', milliseconds: since() };
}

async function terminated(endpoint: WorkerEndpoint): Promise<void> {
  try {
    await endpoint.terminate();
  } catch {
    await new Promise(() => {}); // it may run on
  }
}

/** Whether something settles within so many milliseconds. */
async function within(milliseconds: number, event: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([event.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
