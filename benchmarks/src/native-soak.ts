import { parseArgs } from 'node:util';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { register } from '@medseg/backend-native';
import * as tf from '@tensorflow/tfjs-core';
import { collectGarbage } from './process/collect-garbage.ts';
import type { Case } from './training-step/cases.ts';
import { build } from './training-step/networks.ts';
import { createStep, drawBatch } from './training-step/ours.ts';

// Trains a small network on the native backend and watches tensors and memory.
// npm run bench -- native-soak [--steps 5000]

const { values } = parseArgs({ options: { steps: { type: 'string', default: '5000' } } });
const steps = Number(values.steps);
/** By which resident memory may grow from the first tenth of the steps to the end. */
const LIMIT = 0.05;

await register();
const small: Case = { name: 'soak', network: { kind: 'unet', channels: 8 }, size: 16, batch: 2, limit: 0 };
const step = createStep(build(small), drawBatch(small));

let tensors = 0;
let resident = 0;
for (let done = 1; done <= steps; done++) {
  const { loss } = step();
  if (done % Math.ceil(steps / 10) !== 0) continue;
  await collectGarbage();
  const now = process.memoryUsage.rss();
  const { numTensors } = tf.memory();
  if (tensors === 0) [tensors, resident] = [numTensors, now];
  console.log(`step ${done}  loss ${loss.toFixed(4)}  tensors ${numTensors}  resident ${(now / 1e6).toFixed(0)} MB`);
  if (numTensors !== tensors || (done === steps && now > resident * (1 + LIMIT))) process.exitCode = 1;
}
console.log(process.exitCode === 1 ? 'MISS: it grew' : 'ok');
