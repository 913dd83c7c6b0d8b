import { parentPort, workerData } from 'node:worker_threads';
import { changeSample } from '../batches/batcher.ts';
import { openCases } from './case-source.ts';
import { plainError } from './plain-error.ts';
import type { SampleReply, SampleRequest, WorkerData } from './sample-pool.ts';

// The thread of `createSamplePool`: has a source of its own and answers with samples.

const { cases, options } = workerData as WorkerData;
const source = openCases(cases, options);
const port = parentPort!;

port.on('message', async ({ id, index, epoch, change }: SampleRequest) => {
  try {
    const kept = await source.sample(index, epoch);
    const sample = change ? changeSample(kept, index, epoch, change) : structuredClone(kept);
    const reply: SampleReply = { id, sample };
    port.postMessage(reply, [sample.image.buffer, sample.mask.buffer] as ArrayBuffer[]);
  } catch (error) {
    port.postMessage({ id, error: plainError(error) } satisfies SampleReply);
  }
});
