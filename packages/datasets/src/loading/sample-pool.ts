import { Worker } from 'node:worker_threads';
import type { Change, SampleSource } from '../batches/batcher.ts';
import type { Case, Sample } from '../case.ts';
import type { CaseSourceOptions } from './options.ts';
import { type PlainError, restoreError } from './plain-error.ts';

/** What a thread is started with. */
export interface WorkerData {
  cases: readonly Case[];
  options: CaseSourceOptions;
}

/** What a thread is asked. */
export interface SampleRequest {
  id: number;
  index: number;
  epoch: number;
  change?: Change;
}

/** What it answers. */
export type SampleReply = { id: number; sample: Sample } | { id: number; error: PlainError };

interface Pending {
  resolve: (sample: Sample) => void;
  reject: (error: unknown) => void;
}

/**
 * Gives the samples of a source that each of some threads has of its own; all samples of a case come from one of them,
 * so that it is read once. Threads start with the first request, do not keep the process alive while nothing is asked
 * of them, and end with `close`.
 *
 * A thread that dies makes what it was asked, and all that is asked of it later, throw an Error that says why.
 */
export function createSamplePool(
  { length, groups, threadOf }: Pick<SampleSource, 'length' | 'groups'> & { threadOf: (index: number) => number },
  threads: number,
  data: WorkerData,
  url: URL,
): SampleSource {
  const started = new Map<number, Thread>();
  const ask = (request: Omit<SampleRequest, 'id'>): Promise<Sample> => {
    const name = threadOf(request.index) % threads;
    let thread = started.get(name);
    if (!thread) {
      thread = startThread(url, data);
      started.set(name, thread);
    }
    return thread.ask(request);
  };
  return {
    length,
    ...(groups && { groups }),
    sample: (index, epoch = 0) => ask({ index, epoch }),
    changed: (index, epoch, change) => ask({ index, epoch, change }),
    async close() {
      const all = [...started.values()];
      started.clear();
      await Promise.all(all.map((thread) => thread.end()));
    },
  };
}

interface Thread {
  ask(request: Omit<SampleRequest, 'id'>): Promise<Sample>;
  end(): Promise<void>;
}

function startThread(url: URL, workerData: WorkerData): Thread {
  // Options of the process, such as --input-type, are not for threads.
  const worker = new Worker(url, { workerData, execArgv: [] });
  worker.unref();
  const pending = new Map<number, Pending>();
  let last = 0;
  let death: Error | undefined;
  let isEnding = false;
  const die = (reason: string): void => {
    death ??= new Error(
      isEnding ? 'the source of samples is closed' : `a thread that reads samples has ended: ${reason}`,
    );
    for (const { reject } of pending.values()) reject(death);
    pending.clear();
  };
  worker.on('message', (reply: SampleReply) => {
    const waiting = pending.get(reply.id);
    pending.delete(reply.id);
    // While it ends, the process waits for it.
    if (pending.size === 0 && !isEnding) worker.unref();
    if ('error' in reply) waiting?.reject(restoreError(reply.error));
    else waiting?.resolve(reply.sample);
  });
  worker.on('error', (error) => die(error.message));
  worker.on('exit', (code) => die(`exit code ${code}`));
  return {
    ask(request) {
      if (death) return Promise.reject(death);
      const id = ++last;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ ...request, id } satisfies SampleRequest);
      });
    },
    async end() {
      isEnding = true;
      worker.ref();
      await worker.terminate();
    },
  };
}
