import { workerData } from 'node:worker_threads';
import { serveWorker } from '@medseg/workers';
import { nodeWorkerPort } from '@medseg/workers/node';
import { changeSample } from '../batches/batcher.ts';
import { openCases } from './case-source.ts';
import { plainError } from './plain-error.ts';
import type { SampleReply, SampleRequest, WorkerData } from './sample-pool.ts';

// The thread of `createSamplePool`: has a source of its own and answers with samples.

const { cases, options } = workerData as WorkerData;
const source = openCases(cases, options);

await serveWorker<SampleRequest, SampleReply>(
  nodeWorkerPort(),
  () =>
    async ({ index, epoch, change }) => {
      try {
        const kept = await source.sample(index, epoch);
        return { sample: change ? changeSample(kept, index, epoch, change) : structuredClone(kept) };
      } catch (error) {
        return { error: plainError(error) };
      }
    },
  {
    concurrent: true,
    transfer: (reply) =>
      'sample' in reply
        ? [reply.sample.image, reply.sample.mask, reply.sample.pixelWeights].flatMap((values) =>
            values ? [values.buffer as ArrayBuffer] : [],
          )
        : [],
  },
);
