import { serveWorker, type WorkerPort } from '@medseg/workers';
import { loadRunModel } from '../networks/load.ts';
import type { RunModel } from '../networks/run-model.ts';
import { RUN_FILES, Run } from '../run/run.ts';
import { memoryStore } from '../run/store.ts';
import type { RunNote, RunQuestion, RunReply } from './messages.ts';
import { segmentInput } from './segment-input.ts';
import { sendError } from './sent-error.ts';

/**
 * Inside a worker: segments for a `loadRun(source, { worker })`, one scan after another. `start` makes a backend that of
 * this thread, such as `register` of `@medseg/backend-wasm`.
 *
 * @example await serveRun(webWorkerPort(), register);
 */
export async function serveRun(port: WorkerPort, start: () => unknown): Promise<void> {
  let loaded: { readonly run: Run; readonly model: RunModel } | undefined;
  const jobs = new Map<number, AbortController>();
  const load = async ({ name, info, model }: Extract<RunQuestion, { kind: 'load' }>): Promise<RunReply> => {
    const run = await Run.open(memoryStore({ [RUN_FILES.info]: info, [RUN_FILES.model]: model }, name));
    loaded = { run, model: await loadRunModel(run) };
    return { kind: 'loaded' };
  };
  const segment = async (
    { job, scan, options }: Extract<RunQuestion, { kind: 'segment' }>,
    { signal, onProgress }: { readonly signal: AbortSignal; onProgress(share: number): void },
  ): Promise<RunReply> => {
    try {
      if (!loaded) throw new TypeError('serveRun: a run must be loaded before anything is segmented');
      const segmentation = await segmentInput(loaded.run, loaded.model, scan, { ...options, signal, onProgress });
      return { kind: 'segmented', segmentation };
    } catch (error) {
      if (signal.aborted) return { kind: 'stopped' };
      throw error;
    } finally {
      jobs.delete(job);
    }
  };
  // Questions begin as they come, so that a stop is heard in the midst of one; the work itself is one after another.
  let last: Promise<unknown> = Promise.resolve();
  await serveWorker<RunQuestion, RunReply, RunNote, number>(
    port,
    async () => {
      await start();
      return (question, _alive, progress) => {
        const job = new AbortController();
        if (question.kind === 'segment') jobs.set(question.job, job);
        const answer = last.then(() =>
          question.kind === 'load' ? load(question) : segment(question, { signal: job.signal, onProgress: progress }),
        );
        const reply = answer.catch((error): RunReply => ({ kind: 'failed', error: sendError(error) }));
        last = reply;
        return reply;
      };
    },
    {
      concurrent: true,
      tell: ({ stop }) => jobs.get(stop)?.abort(),
      transfer: (reply) => (reply.kind === 'segmented' ? buffersOf(reply.segmentation) : []),
    },
  );
}

function buffersOf({
  mask,
  probability,
  uncertainty,
  files = [],
}: Extract<RunReply, { kind: 'segmented' }>['segmentation']): ArrayBuffer[] {
  const arrays = [mask, probability, uncertainty, ...files.map(({ bytes }) => bytes)];
  return [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))];
}
