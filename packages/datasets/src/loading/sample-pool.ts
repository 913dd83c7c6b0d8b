import { Worker } from 'node:worker_threads';
import { Patience, WorkerClient } from '@medseg/workers';
import { nodeWorkerEndpoint } from '@medseg/workers/node';
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
  index: number;
  epoch: number;
  change?: Change;
}

/** What it answers. */
export type SampleReply = { sample: Sample } | { error: PlainError };

export interface SamplePoolOptions extends Pick<SampleSource, 'length' | 'groups'> {
  /** The case that an index is of. */
  caseOf(index: number): number;
  threads: number;
  /** The program of a thread. */
  url: URL;
  data: WorkerData;
  /** Reads on this thread what a thread that died was asked. */
  readHere(request: SampleRequest): Promise<Sample>;
  /** Called for each thread that died, by its number from 1, and why. */
  onDeath?(thread: number, reason: string): void;
  /** Called for each thread that could not be stopped. */
  onStuck?(thread: number, reason: string): void;
  /** Milliseconds of silence after which a thread is taken for dead; learnt unless given. */
  patience?: number;
}

type Reader = WorkerClient<SampleRequest, SampleReply>;

/**
 * Gives the samples of a source that each of some threads has of its own; all samples of a case come from one of them,
 * so that it is read once. Threads start with the first request, do not keep the process alive while nothing is asked
 * of them, and end with `close`. What a thread that dies or falls silent was asked, and all that it would be asked later,
 * is read on this thread: the samples are the same.
 */
export function createSamplePool(options: SamplePoolOptions): SampleSource {
  const { length, groups, caseOf, threads, url, data, readHere, onDeath, onStuck } = options;
  const patience = new Patience(options.patience);
  const started = new Map<number, Reader>();
  let closed = false;
  const start = (thread: number): Reader => {
    // Options of the process, such as --input-type, are not for threads.
    const endpoint = nodeWorkerEndpoint(() => new Worker(url, { workerData: data, execArgv: [] }));
    return new WorkerClient(endpoint, {
      patience,
      onDeath: (reason) => onDeath?.(thread + 1, reason),
      onStuck: (reason) => onStuck?.(thread + 1, reason),
    });
  };
  const ask = async (request: SampleRequest): Promise<Sample> => {
    if (closed) throw closedError();
    const thread = caseOf(request.index) % threads;
    const reader = started.get(thread) ?? start(thread);
    started.set(thread, reader);
    const reply = await reader.ask(request).catch(() => undefined); // it has died, or is closed
    if (closed) throw closedError();
    if (reply === undefined) return await readHere(request);
    if ('error' in reply) throw restoreError(reply.error);
    return reply.sample;
  };
  return {
    length,
    ...(groups && { groups }),
    sample: (index, epoch = 0) => ask({ index, epoch }),
    changed: (index, epoch, change) => ask({ index, epoch, change }),
    async close() {
      closed = true;
      await Promise.all([...started.values()].map((reader) => reader.end()));
    },
  };
}

function closedError(): Error {
  return new Error('the source of samples is closed');
}
