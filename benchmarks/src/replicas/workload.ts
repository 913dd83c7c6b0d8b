import { Worker } from 'node:worker_threads';
import { cosineSchedule, type Schedule } from '@medseg/diffusion';
import { type AnchoredCondition, AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/random';
import { type GroupOptions, ReplicaGroup, Trainer, type TrainingBatch } from '@medseg/training';
import { nodeWorkerEndpoint } from '@medseg/workers/node';

export type BenchTrainer = Trainer<AnchoredCondition>;
export type BenchPhase = 'encoder' | 'denoiser';

const SIZE = 64;
export const BATCH = 16;
export const diffusion: { schedule: Schedule } = { schedule: cosineSchedule({ steps: 1000 }) };

export function network(): AnchoredDiffusion {
  return new AnchoredDiffusion({ imageSize: [SIZE, SIZE], imageChannels: 3, seed: 1 });
}

export function trainerOf(phase: BenchPhase): BenchTrainer {
  const trainer = new Trainer(network(), { ...diffusion, seed: 1 });
  if (phase === 'denoiser') trainer.beginDenoiser(0.5);
  return trainer;
}

/** Threads that run `script` beside this one. */
export async function groupOf(
  trainer: BenchTrainer,
  threads: number,
  script: URL,
  options: GroupOptions = {},
): Promise<ReplicaGroup> {
  const workers = Array.from({ length: threads - 1 }, () => new Worker(script, { workerData: {} }));
  const group = await ReplicaGroup.start(trainer.model, workers.map(nodeWorkerEndpoint), { ...diffusion, ...options });
  if (group.size !== threads) throw new Error(`replicas: ${threads} threads were asked for, ${group.size} started`);
  return group;
}

export function batchOf(round: number): TrainingBatch {
  const random = createRandom(5).fork(round);
  const images = random.fillNormal(new Float32Array(BATCH * SIZE * SIZE * 3));
  const masks = Float32Array.from({ length: BATCH * SIZE * SIZE }, (_, i) =>
    (i % SIZE) + ((i / SIZE) % SIZE) < 50 ? 1 : 0,
  );
  return { images, masks, imageShape: [BATCH, SIZE, SIZE, 3], maskShape: [BATCH, SIZE, SIZE, 1], ids: [] };
}
