import { workerData } from 'node:worker_threads';
import { serveReplica } from '@medseg/training';
import { nodeWorkerPort } from '@medseg/training/node';
import { startBackend } from './backend.ts';
import { buildNetwork } from './network.ts';
import { ANCHORED_PROCESS } from './networks/anchored.ts';
import { createSchedule } from './networks/process.ts';
import type { ReplicaData } from './replicas.ts';
import { activationOf } from './run-classes.ts';

// A thread of `medseg train`: computes the gradients of its share of each batch.

const { config, imageChannels, classes } = workerData as ReplicaData;
await startBackend();
serveReplica(nodeWorkerPort(), buildNetwork(config, { imageChannels, classes }), {
  schedule: createSchedule(ANCHORED_PROCESS),
  activation: activationOf(classes),
});
