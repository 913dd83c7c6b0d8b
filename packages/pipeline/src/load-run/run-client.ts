import { Patience, WorkerClient, type WorkerEndpoint } from '@medseg/workers';
import { RunError } from '../errors.ts';
import { encodeInfo, type Run } from '../run/run.ts';
import type { LoadedRun } from './loaded-run.ts';
import type { RunNote, RunQuestion, RunReply } from './messages.ts';
import type { ScanInput } from './scan-input.ts';
import { type RunSegmentation, requireSegmentOptions, type SegmentInputOptions } from './segment-input.ts';
import { receiveError } from './sent-error.ts';

/** A single step of a large network may take this long without a sign of life. */
const PATIENCE = 600_000;

/** What `segment` throws once the run is disposed. */
export function disposedError(name: string): RunError {
  return new RunError(`${name}: the run must not be disposed before it segments; loadRun loads it again`);
}

/** A run whose work a worker does. */
export class RunClient implements LoadedRun {
  private jobs = 0;
  private disposed = false;

  private constructor(
    readonly run: Run,
    private readonly client: WorkerClient<RunQuestion, RunReply, RunNote, number>,
  ) {}

  /** Sends the run to the worker. Throws what loading it there threw, and RunError where the worker does not come up. */
  static async start(
    run: Run,
    worker: WorkerEndpoint,
    { patience = PATIENCE }: { readonly patience?: number },
  ): Promise<RunClient> {
    const started = new RunClient(run, new WorkerClient(worker, { patience: new Patience(patience) }));
    try {
      const [info, model] = [encodeInfo(run.info), await run.readModel()];
      await started.ask({ kind: 'load', name: run.name, info, model });
      return started;
    } catch (error) {
      await started.dispose();
      throw error;
    }
  }

  get name(): string {
    return this.run.name;
  }

  get classes(): readonly string[] {
    return this.run.info.classes.names;
  }

  async segment(scan: ScanInput, given: SegmentInputOptions = {}): Promise<RunSegmentation> {
    if (this.disposed) throw disposedError(this.name);
    requireSegmentOptions(given);
    const { signal, onProgress, ...options } = given;
    signal?.throwIfAborted();
    const job = ++this.jobs;
    const stop = (): void => this.client.tell({ stop: job });
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const reply = await this.ask({ kind: 'segment', job, scan, options }, onProgress);
      if (reply.kind === 'segmented') return reply.segmentation;
      throw signal?.reason ?? new RunError(`${this.name}: the worker stopped before it was done`);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.client.end();
  }

  /** Throws the error that the worker answers with, and RunError where it gives no answer. */
  private async ask(question: RunQuestion, onProgress?: (share: number) => void): Promise<RunReply> {
    let reply: RunReply;
    try {
      reply = await this.client.ask(question, [], onProgress);
    } catch (error) {
      // What cannot be sent to a worker is the caller's mistake; everything else is the worker's end.
      if (error instanceof DOMException) throw error;
      throw new RunError(`${this.name}: the worker gave no answer: ${(error as Error).message}`);
    }
    if (reply.kind === 'failed') throw receiveError(reply.error);
    return reply;
  }
}
