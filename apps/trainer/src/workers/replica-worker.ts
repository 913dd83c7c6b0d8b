import { workerData } from 'node:worker_threads';
import { buildNetwork, recipeOf } from '@medseg/pipeline';
import { serveReplica } from '@medseg/training';
import { nodeWorkerPort } from '@medseg/workers/node';
import { startBackend } from '../terminal/backend.ts';
import type { ReplicaData } from './replicas.ts';

// A thread of `medseg train`: computes the gradients of its share of each batch.

const { config, imageChannels, classes } = workerData as ReplicaData;
await startBackend();
const network = buildNetwork(config, { imageChannels, classes });
serveReplica(nodeWorkerPort(), recipeOf(network, { config, classes }));
