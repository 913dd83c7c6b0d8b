import { workerData } from 'node:worker_threads';
import { startBackend } from './backend.ts';
import { loadNetwork } from './network.ts';
import { RunFolder } from './run-folder.ts';
import { type RunAnswer, type RunJob, runJobsWith } from './run-pool.ts';
import { serveJobs } from './serve-jobs.ts';

// A thread of `medseg evaluate` and `medseg segment`: does its share of the work with the network of a run.

await serveJobs<RunJob, RunAnswer>(async () => {
  await startBackend();
  return runJobsWith(await loadNetwork(RunFolder.open(workerData as string)));
});
