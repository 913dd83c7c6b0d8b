import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { register } from '@medseg/backend-wasm';
import { cosineSchedule } from '@medseg/diffusion';
import { type AnchoredCondition, AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/ops';
import { ReplicaGroup, serveReplica, Trainer, type TrainingBatch } from '@medseg/training';
import { nodeWorkerEndpoint, nodeWorkerPort } from '@medseg/training/node';

// `npm run bench -- replicas [WORKERS]`: training steps of our network at batch 16 on one thread and on several, in
// turns. Prints the ratio of the medians, which must be at least 1.7 for two, and the largest difference of the losses.

type BenchTrainer = Trainer<AnchoredCondition>;

const SIZE = 64;
const BATCH = 16;
const ROUNDS = 9;
const TARGET = 1.7;
const diffusion = { schedule: cosineSchedule({ steps: 1000 }) };

const network = (): AnchoredDiffusion => new AnchoredDiffusion({ imageSize: [SIZE, SIZE], imageChannels: 3, seed: 1 });

if (isMainThread) process.exitCode = await main(Number(process.argv[2] ?? 2));
else {
  await register(workerData);
  serveReplica(nodeWorkerPort(), network(), diffusion);
}

async function main(threads: number): Promise<number> {
  await register();
  const trainers = [0, 1].map(() => new Trainer(network(), { ...diffusion, seed: 1 })) as [BenchTrainer, BenchTrainer];
  const workers = Array.from({ length: threads - 1 }, () => new Worker(new URL(import.meta.url), { workerData: {} }));
  const group = await ReplicaGroup.start(trainers[1].model, workers.map(nodeWorkerEndpoint), diffusion);
  if (group.size !== threads) throw new Error(`replicas: ${threads} threads were asked for, ${group.size} started`);
  let slowest = Number.POSITIVE_INFINITY;
  console.log(`network of 64 x 64 pixels, batch ${BATCH}, ${threads} threads, medians of ${ROUNDS} steps in turns`);
  for (const phase of ['encoder', 'denoiser'] as const) {
    if (phase === 'denoiser') for (const trainer of trainers) trainer.beginDenoiser(0.5);
    const { one, several, difference } = await compare(trainers, group);
    slowest = Math.min(slowest, one / several);
    console.log(
      `${phase.padEnd(9)} one ${one.toFixed(0).padStart(5)} ms  ${threads} threads ${several.toFixed(0).padStart(5)} ms  ratio ${(one / several).toFixed(2)}  losses differ by ${difference.toExponential(1)}`,
    );
  }
  await group.dispose();
  const enough = threads !== 2 || slowest >= TARGET;
  console.log(`ratio ${slowest.toFixed(2)}${threads === 2 ? ` (at least ${TARGET}: ${enough ? 'yes' : 'no'})` : ''}`);
  return enough ? 0 : 1;
}

async function compare(
  [single, spread]: [BenchTrainer, BenchTrainer],
  group: ReplicaGroup,
): Promise<{ one: number; several: number; difference: number }> {
  const times: [number[], number[]] = [[], []];
  let difference = 0;
  for (let round = -2; round < ROUNDS; round++) {
    const batch = batchOf(round);
    const before = performance.now();
    const a = single.step(batch, 0.5);
    const between = performance.now();
    const b = await spread.stepOn(group, batch, 0.5);
    const after = performance.now();
    difference = Math.max(difference, Math.abs(a.loss / b.loss - 1));
    if (round < 0) continue; // the engine warms up
    times[0].push(between - before);
    times[1].push(after - between);
  }
  const [one, several] = times.map((list) => list.sort((x, y) => x - y)[list.length >> 1]!) as [number, number];
  return { one, several, difference };
}

function batchOf(round: number): TrainingBatch {
  const random = createRandom(5).fork(round);
  const images = random.fillNormal(new Float32Array(BATCH * SIZE * SIZE * 3));
  const masks = Float32Array.from({ length: BATCH * SIZE * SIZE }, (_, i) =>
    (i % SIZE) + ((i / SIZE) % SIZE) < 50 ? 1 : 0,
  );
  return { images, masks, imageShape: [BATCH, SIZE, SIZE, 3], ids: [] };
}
