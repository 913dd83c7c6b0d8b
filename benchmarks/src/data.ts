import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeBackend, register } from '@medseg/backend-wasm';
import { type Case, createBatcher } from '@medseg/datasets';
import { checkCases, listFolder, listLgg, listManifest, openCases, writePhantom } from '@medseg/datasets/node';
import { cosineSchedule } from '@medseg/diffusion';
import { createImage, encodePng } from '@medseg/image-io';
import { AnchoredDiffusion } from '@medseg/models';
import { anchoredRecipe, Trainer } from '@medseg/training';

// Whether reading keeps up: the share of a training step that is spent waiting for its batch, the default network at
// 64x64 and batches of 16; how long it takes to list 10,000 cases; and how far memory grows while they are read.
// `npm run bench -- data [FOLDER]`, a folder in the layout of LGG; the phantom where there is none.

const STEPS = 12;
const shared = process.env.MEDSEG_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));
const temporary = await mkdtemp(join(tmpdir(), 'medseg-data-'));
try {
  const given = process.argv[2] ?? join(shared, 'data', 'lgg64');
  const dir = existsSync(given) ? given : join(temporary, 'phantom');
  if (!existsSync(given)) await writePhantom(dir, { patients: 60, slicesPerPatient: 4, size: 64, seed: 1 });
  await measureWaiting(dir);
  await measureMany(join(temporary, 'many'));
} finally {
  await rm(temporary, { recursive: true });
}

async function measureWaiting(folder: string): Promise<void> {
  const { cases } = await checkCases(await listLgg(folder));
  await register();
  console.log(`${cases.length} images of ${folder}, ${describeBackend().variant}`);
  const changed = { rotate: 15, scale: 0.15, elastic: 2, gamma: 0.3, noise: 0.1, biasField: 0.3 };
  for (const workers of [0, 1]) {
    for (const [name, augment] of [
      ['default augmentation', {}],
      ['all augmentation', changed],
    ] as const) {
      const source = openCases(cases, { imageSize: [64, 64], workers });
      const batcher = createBatcher(source, { batchSize: 16, seed: 1, augment, prefetch: workers === 0 ? 0 : 2 });
      const model = new AnchoredDiffusion({ imageSize: [64, 64], imageChannels: 3, seed: 1 });
      const recipe = anchoredRecipe(model, { schedule: cosineSchedule({ steps: 1000 }) });
      const trainer = new Trainer(recipe, { seed: 1 });
      let waiting = 0;
      let all = 0;
      for (let step = 0; step < STEPS; step++) {
        const start = performance.now();
        const batch = await batcher.batchAt(step);
        const ready = performance.now();
        trainer.step(batch, step / STEPS);
        // The first step compiles, and threads start with it.
        if (step === 0) continue;
        waiting += ready - start;
        all += performance.now() - start;
      }
      await batcher.close();
      trainer.dispose();
      model.dispose();
      const share = ((100 * waiting) / all).toFixed(2);
      console.log(
        `${workers} threads, ${name}: ${share} % of a step of ${(all / (STEPS - 1)).toFixed(0)} ms is waiting for data`,
      );
    }
  }
}

/** Writes 10,000 cases of 32x32, lists them, and reads them twice with little memory. */
async function measureMany(folder: string): Promise<void> {
  const count = 10_000;
  const pixels = Uint8Array.from({ length: 1024 }, (_, i) => (i * 37) % 251);
  const image = encodePng(createImage({ width: 32, height: 32, channels: 1, data: pixels }));
  const mask = encodePng(
    createImage({ width: 32, height: 32, channels: 1, data: pixels.map((v) => (v > 200 ? 255 : 0)) }),
  );
  for (const name of ['images', 'masks']) await mkdir(join(folder, name), { recursive: true });
  let list = 'id,patient,image,mask\n';
  for (let i = 0; i < count; i++) {
    await writeFile(join(folder, 'images', `${i}.png`), image);
    await writeFile(join(folder, 'masks', `${i}.png`), mask);
    list += `${i},P${i % 500},images/${i}.png,masks/${i}.png\n`;
  }
  await writeFile(join(folder, 'list.csv'), list);
  let cases: Case[] = [];
  for (const [name, lister] of [
    ['paired folders', listFolder],
    ['a list', listManifest],
  ] as const) {
    const start = performance.now();
    ({ cases } = await lister(folder));
    console.log(`${cases.length} cases as ${name}: listed in ${(performance.now() - start).toFixed(0)} ms`);
  }
  const batcher = createBatcher(openCases(cases, { imageSize: [32, 32], maxBytes: 2 ** 24 }), {
    batchSize: 100,
    seed: 1,
  });
  const heap: number[] = [];
  for (let step = 0; step < 4 * batcher.stepsPerEpoch; step++) {
    await batcher.batchAt(step);
    if ((step + 1) % batcher.stepsPerEpoch !== 0) continue;
    globalThis.gc?.();
    const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
    heap.push((heapUsed + arrayBuffers) / 2 ** 20);
    console.log(
      `epoch ${heap.length}: ${heap.at(-1)!.toFixed(0)} MiB in use, ${(rss / 2 ** 20).toFixed(0)} MiB of the process`,
    );
  }
}
