import '@tensorflow/tfjs-layers';
import { Worker } from 'node:worker_threads';
import { register } from '@medseg/backend-wasm';
import { cosineSchedule } from '@medseg/diffusion';
import { AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/random';
import { anchoredRecipe, ReplicaGroup, Trainer, type TrainingBatch, train } from '@medseg/training';
import { nodeWorkerEndpoint } from '@medseg/workers/node';
import { beforeAll, describe, expect, it } from 'vitest';

// Real threads, on the built packages.

const config = {
  imageSize: [16, 16] as [number, number],
  imageChannels: 1,
  encoderChannels: [8, 8],
  denoiserChannels: [8, 8],
  seed: 1,
};
const script = new URL('./fixtures/replica-worker.mjs', import.meta.url);

beforeAll(() => register());

function batchAt(step: number): TrainingBatch {
  const random = createRandom(3).fork(step);
  const masks = Float32Array.from({ length: 6 * 256 }, (_, i) => (i % 16 < 8 ? 1 : 0));
  return {
    images: random.fillNormal(masks.slice()),
    masks,
    imageShape: [6, 16, 16, 1],
    maskShape: [6, 16, 16, 1],
    ids: [],
  };
}

async function run(
  deaths: readonly (string | undefined)[],
): Promise<{ losses: number[]; reports: string[]; workers: Worker[] }> {
  const schedule = cosineSchedule({ steps: 1000 });
  const recipe = anchoredRecipe(new AnchoredDiffusion(config), { schedule, encoderShare: 0.5 });
  const trainer = new Trainer(recipe, { seed: 1 });
  const workers = deaths.map(
    (death) => new Worker(script, { workerData: { config, death }, resourceLimits: { maxOldGenerationSizeMb: 96 } }),
  );
  const reports: string[] = [];
  const group = await ReplicaGroup.start(recipe, workers.map(nodeWorkerEndpoint), {
    adaptive: false, // each worker gets each step, so that all die at their third
    onDeath: (worker, reason) => void reports.push(`${worker}: ${reason}`),
  });
  const losses: number[] = [];
  for await (const { loss, step } of train(trainer, {
    budget: { steps: 6 },
    batchAt,
    replicas: group,
  })) {
    losses.push(loss);
    if (deaths.includes('killed') && step === 2) await workers[deaths.indexOf('killed')]!.terminate();
  }
  await group.dispose();
  trainer.dispose();
  return { losses, reports, workers };
}

describe('replicas in worker threads', () => {
  it('give the losses of one thread, and end with the group', async () => {
    const alone = await run([]);
    const { losses, reports, workers } = await run([undefined, undefined]);
    losses.forEach((loss, i) => void expect(Math.abs(loss / alone.losses[i]! - 1)).toBeLessThan(1e-5));
    expect(reports).toEqual([]);
    for (const worker of workers) expect(worker.threadId).toBe(-1); // ended
  });

  it.each([
    ['exit', /exit code 7/],
    ['exception', /a broken worker/],
    ['memory', /memory/],
    ['killed', /exit code 1/],
    ['at start', /exit code 3/],
  ])('are reported when they die (%s), and training goes on to the same losses', async (death, reason) => {
    const whole = await run([undefined, undefined]);
    const { losses, reports } = await run([death, undefined]);
    expect(losses).toEqual(whole.losses);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatch(/^1: /);
    expect(reports[0]).toMatch(reason);
  });
});
