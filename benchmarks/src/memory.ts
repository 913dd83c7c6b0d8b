import '@tensorflow/tfjs-layers';
import { parseArgs } from 'node:util';
import { register } from '@medseg/backend-wasm';
import { Lucidrains } from '@medseg/models';
import { normalTensor, variableGradients } from '@medseg/ops';
import { createRandom } from '@medseg/random';
import { AdamWOptimizer } from '@medseg/training';
import * as tf from '@tensorflow/tfjs-core';
import { collectGarbage } from './process/collect-garbage.ts';

// Thousands of training steps of a small network: the number of tensors and the resident memory must stay flat.
// npm run bench -- memory [--steps 5000]

/** Steps that the baseline is the median of: by then V8 has compiled and the heaps have found their size. */
const BASELINE = [500, 1000] as const;
const EVERY = 25;
/** The last tenth's median may be this much of the baseline: what V8 keeps after a collection varies. */
const GROWTH = 1.05;

const { values } = parseArgs({ options: { steps: { type: 'string', default: '5000' } } });
const steps = Number(values.steps);
if (!Number.isInteger(steps) || steps < 2 * BASELINE[1]) {
  throw new RangeError(`memory: --steps must be a whole number of at least ${2 * BASELINE[1]}, got ${values.steps}`);
}
await register();
const network = new Lucidrains({
  imageSize: 8,
  channels: 8,
  multipliers: [1, 2],
  linearAttention: [true, false],
  headChannels: 8,
  heads: 2,
  imageChannels: 1,
  seed: 1,
});
const variables = network.variables();
const optimizer = new AdamWOptimizer(variables);
const random = createRandom(1);

function step(i: number): number {
  const stream = random.fork(i);
  const [x, noise, image] = [0, 1, 2].map(() => normalTensor<tf.Rank.R4>(stream, [2, 8, 8, 1])) as [
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D,
  ];
  const t = tf.tensor1d([stream.integer(1000), stream.integer(1000)]);
  const { value, grads } = variableGradients(
    () => tf.losses.meanSquaredError(noise, network.denoise(x, t, { images: image })) as tf.Scalar,
    [...variables.values()],
  );
  optimizer.apply(new Map([...variables].map(([name, v]) => [name, grads[v.name]!])), 1e-4);
  const loss = value.dataSync()[0]!;
  tf.dispose([value, grads, x, noise, image, t]);
  return loss;
}

const samples: { step: number; tensors: number; resident: number }[] = [];
for (let i = 1; i <= steps; i++) {
  step(i);
  if (i % EVERY === 0) {
    await collectGarbage();
    samples.push({ step: i, tensors: tf.memory().numTensors, resident: process.memoryUsage.rss() });
  }
}
const between = (from: number, to: number): number => {
  const list = samples.filter(({ step: at }) => at >= from && at <= to).map(({ resident }) => resident);
  return list.sort((a, b) => a - b)[list.length >> 1]!;
};
const early = between(...BASELINE);
const late = between(0.9 * steps, steps);
const growth = late / early;
const flat = new Set(samples.map(({ tensors }) => tensors)).size === 1;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
for (const { step: at, tensors, resident } of samples.filter(({ step: at }) => at % 500 === 0)) {
  console.log(`step ${at}: ${tensors} tensors, ${megabytes(resident)} resident`);
}
const kept = flat && growth <= GROWTH;
console.log(
  [
    `${kept ? 'ok  ' : 'MISS'} ${flat ? 'the same number of tensors throughout' : 'the number of tensors changes'}`,
    `median resident memory of the last tenth ${megabytes(late)}, of steps ${BASELINE.join(' to ')} ${megabytes(early)}`,
    `ratio ${growth.toFixed(3)} (at most ${GROWTH})`,
  ].join('  '),
);
process.exitCode = kept ? 0 : 1;
