import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FormatError } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import type { AugmentOptions } from '../batches/augment.ts';
import { changeSample, createBatcher } from '../batches/batcher.ts';
import { listFolder } from '../layouts/folder.ts';
import { folderWith, mask, tif } from '../temporary-folder.fixture.ts';
import { openCases } from './case-source.ts';

const workerUrl = new URL('../../dist/worker.js', import.meta.url);
const augment: AugmentOptions = {
  rotate: 20,
  scale: 0.2,
  elastic: 1,
  gamma: 0.3,
  noise: 0.1,
  biasField: 0.2,
  mixup: 0.4,
};

const folder = async (count: number): Promise<string> =>
  await folderWith(
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        [
          `images/${i}.tif`,
          tif(
            8,
            6,
            3,
            Uint8Array.from({ length: 144 }, (_, k) => (k * 31 + i * 17) % 251),
          ),
        ],
        [`masks/${i}_rater1.tif`, mask(8, 6)],
        [`masks/${i}_rater2.tif`, mask(8, 6, i % 2 ? 0 : 255)],
      ]).flat(),
    ),
  );

// The threads run what is built.
describe.skipIf(!existsSync(workerUrl) && process.env.CI !== 'true')('openCases with threads', () => {
  it('gives the same batches whatever their number and whatever is prefetched', async () => {
    const { cases } = await listFolder(await folder(7));
    const batches = async (workers: number, prefetch: number): Promise<unknown[]> => {
      const source = openCases(cases, { imageSize: [8, 8], annotators: 'draw', seed: 3, workers, workerUrl });
      const batcher = createBatcher(source, { batchSize: 3, seed: 5, augment, prefetch });
      const all: unknown[] = [];
      for (let step = 0; step < 6; step++) all.push(await batcher.batchAt(step));
      await batcher.close();
      return all;
    };
    const alone = await batches(0, 0);
    expect(new Set(alone.map((batch) => JSON.stringify(batch))).size).toBe(6);
    expect(await batches(1, 2)).toEqual(alone);
    expect(await batches(3, 1)).toEqual(alone);
  });

  it('passes on what is wrong with a file as the error it is, and goes on', async () => {
    const dir = await folder(2);
    const { cases } = await listFolder(dir);
    await writeFile(join(dir, 'images', '0.tif'), 'no image');
    await rm(join(dir, 'masks', '1_rater1.tif'));
    const source = openCases(cases, { imageSize: [8, 8], workers: 1, workerUrl });
    const error = await source.sample(0).catch((e) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(join(dir, 'images', '0.tif'));
    await expect(source.sample(1)).rejects.toMatchObject({ code: 'ENOENT', path: join(dir, 'masks', '1_rater1.tif') });
    await expect(source.sample(9)).rejects.toThrow('index must be 0 to 1, got 9');
    await source.close!();
  });

  it('reads on this thread what a thread that dies or hangs was asked, to the same samples', async () => {
    const { cases } = await listFolder(await folder(3));
    const dir = await folderWith({
      'dies.mjs': "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(7));",
      'throws.mjs':
        "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { throw new Error('out of luck'); });",
      'hangs.mjs': "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { for (;;); });",
    });
    const options = { imageSize: [8, 8], annotators: 'draw', seed: 3 } as const;
    const alone = openCases(cases, options);
    for (const [name, why] of [
      ['dies.mjs', 'exit code 7'],
      ['throws.mjs', 'out of luck'],
      ['hangs.mjs', 'it gave no sign of life within 0.5 s'],
      ['none.mjs', 'none.mjs'],
    ] as const) {
      const deaths: string[] = [];
      const source = openCases(cases, {
        ...options,
        workers: 2,
        workerUrl: pathToFileURL(join(dir, name)),
        ...(name === 'hangs.mjs' && { patience: 500 }),
        onDeath: (thread, reason) => void deaths.push(`${thread}: ${reason}`),
      });
      for (let epoch = 0; epoch < 2; epoch++) {
        const samples = await Promise.all([0, 1, 2].map((index) => source.sample(index, epoch)));
        expect(samples).toEqual(await Promise.all([0, 1, 2].map((index) => alone.sample(index, epoch))));
        const change = { seed: 5, augment };
        expect(await source.changed!(1, epoch, change)).toEqual(
          changeSample(await alone.sample(1, epoch), 1, epoch, change),
        );
      }
      expect(deaths.map((death) => death[0]).sort()).toEqual(['1', '2']);
      for (const death of deaths) expect(death).toContain(why);
      await source.close!();
      await expect(source.sample(0)).rejects.toThrow('the source of samples is closed');
    }
  });

  it('rejects what is asked of it while it is closed, and closes though a thread hangs', async () => {
    const { cases } = await listFolder(await folder(1));
    const dir = await folderWith({
      'hangs.mjs': "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { for (;;); });",
    });
    const workerUrl = pathToFileURL(join(dir, 'hangs.mjs'));
    const source = openCases(cases, { imageSize: [8, 8], workers: 1, workerUrl });
    const sample = expect(source.sample(0)).rejects.toThrow('the source of samples is closed');
    const before = performance.now();
    await source.close!();
    expect(performance.now() - before).toBeLessThan(10_000);
    await sample;
  });

  it('lets the process end with threads that nobody has closed, and waits for those that end', async () => {
    const dir = await folder(4);
    const program = `
      import { listFolder, openCases } from ${JSON.stringify(new URL('../../dist/node.js', import.meta.url).href)};
      import { createBatcher } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      const { cases } = await listFolder(process.argv[1]);
      const batcher = createBatcher(openCases(cases, { imageSize: [8, 8], workers: 2 }), { batchSize: 2, seed: 1, prefetch: 2 });
      console.log((await batcher.batchAt(0)).ids.length);
      if (process.argv[2]) await batcher.close();
      if (process.argv[2]) console.log('closed');`;
    for (const [close, said] of [
      ['', '2'],
      ['close', '2\nclosed'],
    ] as const) {
      for (let run = 0; run < 3; run++) {
        const args = ['--input-type=module', '-e', program, dir, close];
        const { status, stdout, stderr, signal } = spawnSync(process.execPath, args, {
          encoding: 'utf8',
          timeout: 20_000,
        });
        expect({ status, signal, stdout: stdout.trim() }, stderr).toEqual({ status: 0, signal: null, stdout: said });
      }
    }
  });

  it('refuses a function for threads, and a number of threads that is none', async () => {
    const { cases } = await listFolder(await folder(1));
    expect(() => openCases(cases, { imageSize: [8, 8], workers: 1, annotators: { fuse: (m) => m[0]! } })).toThrow(
      'cannot go to threads',
    );
    expect(() => openCases(cases, { imageSize: [8, 8], workers: -1 })).toThrow(
      'workers must be a whole number of at least 0, got -1',
    );
  });
});
