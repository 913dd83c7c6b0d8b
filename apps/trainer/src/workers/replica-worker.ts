import { workerData } from 'node:worker_threads';
import { ANCHORED_PROCESS, activationOf, buildNetwork, createSchedule } from '@medseg/pipeline';
import { serveReplica } from '@medseg/training';
import { nodeWorkerPort } from '@medseg/workers/node';
import { startBackend } from '../terminal/backend.ts';
import type { ReplicaData } from './replicas.ts';

// A thread of `medseg train`: computes the gradients of its share of each batch.

const { config, imageChannels, classes } = workerData as ReplicaData;
await startBackend();
serveReplica(nodeWorkerPort(), buildNetwork(config, { imageChannels, classes }), {
  schedule: createSchedule(ANCHORED_PROCESS),
  activation: activationOf(classes),
});
