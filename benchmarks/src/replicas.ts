import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { register } from '@medseg/backend-wasm';
import { cosineSchedule } from '@medseg/diffusion';
import { type AnchoredCondition, AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/random';
import { ReplicaGroup, serveReplica, Trainer, type TrainingBatch } from '@medseg/training';
import { collectAtOnce } from '@medseg/training/node';
import { nodeWorkerEndpoint, nodeWorkerPort } from '@medseg/workers/node';

// `npm run bench -- replicas [WORKERS]`: training steps of our network at batch 16 on one thread and on several, in
// turns. Prints the median of the rounds' ratios, which must be at least 1.7 for two, and the largest difference of the
// losses. A step of the denoiser is of one of two lengths by a coin that both sides share, so ratios are of one round.

type BenchTrainer = Trainer<AnchoredCondition>;

const SIZE = 64;
const BATCH = 16;
/** Until V8 has compiled all that a worker runs, which takes it some 45 rounds; then those that count for the times. */
const WARM_UP = 60;
const ROUNDS = 40;
/** Rounds from the first on that the losses are compared in: later the paths of the weights part, as rounding has it. */
const COMPARED = 12;
const TARGET = 1.7;
const diffusion = { schedule: cosineSchedule({ steps: 1000 }) };

const network = (): AnchoredDiffusion => new AnchoredDiffusion({ imageSize: [SIZE, SIZE], imageChannels: 3, seed: 1 });

if (isMainThread) process.exitCode = await main(Number(process.argv[2] ?? 2));
else {
  await register(workerData);
  serveReplica(nodeWorkerPort(), network(), diffusion);
}

async function main(threads: number): Promise<number> {
  collectAtOnce(); // as `medseg` does
  await register();
  console.log(
    `network of 64 x 64 pixels, batch ${BATCH}, ${threads} threads, medians of ${ROUNDS} steps in turns after ${WARM_UP}`,
  );
  let slowest = Number.POSITIVE_INFINITY;
  for (const phase of ['encoder', 'denoiser'] as const) slowest = Math.min(slowest, await comparePhase(phase, threads));
  const enough = threads !== 2 || slowest >= TARGET;
  console.log(`ratio ${slowest.toFixed(2)}${threads === 2 ? ` (at least ${TARGET}: ${enough ? 'yes' : 'no'})` : ''}`);
  return enough ? 0 : 1;
}

/** Prints what was measured in one phase and returns the ratio. */
async function comparePhase(phase: 'encoder' | 'denoiser', threads: number): Promise<number> {
  const trainers = [0, 1].map(() => new Trainer(network(), { ...diffusion, seed: 1 })) as [BenchTrainer, BenchTrainer];
  if (phase === 'denoiser') for (const trainer of trainers) trainer.beginDenoiser(0.5);
  const workers = Array.from({ length: threads - 1 }, () => new Worker(new URL(import.meta.url), { workerData: {} }));
  const group = await ReplicaGroup.start(trainers[1].model, workers.map(nodeWorkerEndpoint), diffusion);
  if (group.size !== threads) throw new Error(`replicas: ${threads} threads were asked for, ${group.size} started`);
  const { one, several, ratio, difference } = await compare(trainers, group);
  await group.dispose();
  for (const trainer of trainers) trainer.dispose();
  console.log(
    `${phase.padEnd(9)} one ${one.toFixed(0).padStart(5)} ms  ${threads} threads ${several.toFixed(0).padStart(5)} ms  ratio ${ratio.toFixed(2)}  losses differ by ${difference.toExponential(1)}`,
  );
  return ratio;
}

async function compare(
  [single, spread]: [BenchTrainer, BenchTrainer],
  group: ReplicaGroup,
): Promise<{ one: number; several: number; ratio: number; difference: number }> {
  const times: { one: number; several: number; ratio: number }[] = [];
  let difference = 0;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const batch = batchOf(round);
    const before = performance.now();
    const a = single.step(batch, 0.5);
    const between = performance.now();
    const b = await spread.stepOn(group, batch, 0.5);
    const after = performance.now();
    if (round < COMPARED) difference = Math.max(difference, Math.abs(a.loss / b.loss - 1));
    if (round < WARM_UP) continue;
    const [one, several] = [between - before, after - between];
    times.push({ one, several, ratio: one / several });
  }
  const median = (key: 'one' | 'several' | 'ratio'): number =>
    times.map((time) => time[key]).sort((x, y) => x - y)[times.length >> 1]!;
  return { one: median('one'), several: median('several'), ratio: median('ratio'), difference };
}

function batchOf(round: number): TrainingBatch {
  const random = createRandom(5).fork(round);
  const images = random.fillNormal(new Float32Array(BATCH * SIZE * SIZE * 3));
  const masks = Float32Array.from({ length: BATCH * SIZE * SIZE }, (_, i) =>
    (i % SIZE) + ((i / SIZE) % SIZE) < 50 ? 1 : 0,
  );
  return { images, masks, imageShape: [BATCH, SIZE, SIZE, 3], maskShape: [BATCH, SIZE, SIZE, 1], ids: [] };
}
