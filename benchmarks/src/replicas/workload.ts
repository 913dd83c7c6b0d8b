import { Worker } from 'node:worker_threads';
import { cosineSchedule } from '@medseg/diffusion';
import { AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/random';
import {
  anchoredRecipe,
  type Recipe,
  ReplicaGroup,
  type ReplicaGroupOptions,
  Trainer,
  type TrainingBatch,
} from '@medseg/training';
import { nodeWorkerEndpoint } from '@medseg/workers/node';

export type BenchPhase = 'encoder' | 'denoiser';

const SIZE = 64;
export const BATCH = 16;

export function recipe(): Recipe {
  const network = new AnchoredDiffusion({ imageSize: [SIZE, SIZE], imageChannels: 3, seed: 1 });
  return anchoredRecipe(network, { schedule: cosineSchedule({ steps: 1000 }) });
}

export function trainerOf(phase: BenchPhase): Trainer {
  const trainer = new Trainer(recipe(), { seed: 1 });
  if (phase === 'denoiser') trainer.beginNextPhase(0.5);
  return trainer;
}

/** Threads that run `script` beside this one. */
export async function groupOf(
  trainer: Trainer,
  threads: number,
  script: URL,
  options: ReplicaGroupOptions = {},
): Promise<ReplicaGroup> {
  const workers = Array.from({ length: threads - 1 }, () => new Worker(script, { workerData: {} }));
  const group = await ReplicaGroup.start(trainer.recipe, workers.map(nodeWorkerEndpoint), options);
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
