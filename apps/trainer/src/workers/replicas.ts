import { Worker } from 'node:worker_threads';
import type { Classes, RunConfig } from '@medseg/pipeline';
import { type Recipe, ReplicaGroup } from '@medseg/training';
import { nodeWorkerEndpoint } from '@medseg/workers/node';
import { oneLine, output } from '../terminal/output.ts';

/** What a replica is built from. */
export interface ReplicaData {
  readonly config: RunConfig;
  readonly imageChannels: number;
  readonly classes: Classes;
}

/**
 * Starts the threads that train beside this one; undefined where the configuration asks for one thread. A thread that
 * dies is reported, and training goes on without it.
 */
export async function startReplicas(recipe: Recipe, data: ReplicaData): Promise<ReplicaGroup | undefined> {
  const { workers, batchSize } = data.config.training;
  const more = Math.min(workers, batchSize) - 1;
  if (more === 0) return undefined;
  const script = new URL('./replica-worker.js', import.meta.url); // beside the built command
  return ReplicaGroup.start(
    recipe,
    Array.from({ length: more }, () => nodeWorkerEndpoint(() => new Worker(script, { workerData: data }))),
    {
      onDeath: (worker, reason) =>
        output.remark(
          `worker ${worker} of ${more} died (${oneLine(reason)}); training goes on without it, to the same numbers`,
        ),
      onStuck: (worker, reason) => output.remark(`worker ${worker} of ${more}: ${reason}`),
    },
  );
}
