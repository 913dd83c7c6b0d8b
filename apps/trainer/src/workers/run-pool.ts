import { Worker } from 'node:worker_threads';
import type { Run, RunAnswer, RunJob, RunPool } from '@medseg/pipeline';
import { JobPool } from '@medseg/workers';
import { nodeWorkerEndpoint } from '@medseg/workers/node';
import { oneLine, output } from '../terminal/output.ts';

/** Threads with the network of a run; a thread that dies is reported, and the others do its work. */
export function startRunPool(run: Run, threads: number): RunPool {
  const script = new URL('./run-worker.js', import.meta.url); // beside the built command
  const more = threads - 1;
  const start = (): Worker => new Worker(script, { workerData: run.name });
  const workers = Array.from({ length: more }, () => nodeWorkerEndpoint(start));
  return new JobPool<RunJob, RunAnswer>(workers, {
    onDeath: (worker, reason) =>
      output.remark(`worker ${worker} of ${more} died (${oneLine(reason)}); its work is done by the others`),
    onStuck: (worker, reason) => output.remark(`worker ${worker} of ${more}: ${reason}`),
  });
}
