import { workerData } from 'node:worker_threads';
import { loadRunModel, type RunAnswer, type RunJob, runJobsWith } from '@medseg/pipeline';
import { openRun } from '@medseg/pipeline/node';
import { serveWorker } from '@medseg/workers';
import { nodeWorkerPort } from '@medseg/workers/node';
import { loadTruths } from '../run/load-truth.ts';
import { startBackend } from '../terminal/backend.ts';

// A thread of `medseg evaluate` and `medseg segment`: does its share of the work with the network of a run.

await serveWorker<RunJob, RunAnswer>(nodeWorkerPort(), async () => {
  await startBackend();
  return runJobsWith(await loadRunModel(await openRun(workerData as string)), loadTruths);
});
