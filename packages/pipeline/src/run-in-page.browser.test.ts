import '@tensorflow/tfjs-layers';
import { startBackend } from '@medseg/test-support';
import { webWorkerEndpoint } from '@medseg/workers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { commands } from 'vitest/browser';
import type { SentFile, TrainedRun } from '../../../tests/browser/trained-run.ts';
import {
  decodeTruthCase,
  directoryStore,
  ensembleOf,
  evaluateCases,
  imageResults,
  loadRun,
  loadRunModel,
  memoryStore,
  Run,
  type RunStore,
  segmentScan,
} from './index.ts';

declare module 'vitest/browser' {
  interface BrowserCommands {
    trainedRun(): Promise<TrainedRun>;
  }
}

const bytesOf = ({ base64 }: SentFile): Uint8Array => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
let trained: TrainedRun;

beforeAll(async () => {
  await startBackend('wasm');
  trained = await commands.trainedRun();
}, 120_000);

const stores: Record<string, () => Promise<RunStore>> = {
  memory: async () => memoryStore(Object.fromEntries(trained.run.map((file) => [file.name, bytesOf(file)]))),
  "the page's own storage": async () => {
    const root = await navigator.storage.getDirectory();
    const store = directoryStore(await root.getDirectoryHandle('run', { create: true }));
    for (const file of trained.run) await store.write(file.name, bytesOf(file));
    return store;
  },
};

it.each(Object.keys(stores))('segments and scores a case as the command does, from a run in %s', async (name) => {
  const run = await Run.open(await stores[name]!());
  const before = tf.memory().numTensors;
  const model = await loadRunModel(run);
  const id = trained.scores.id as string;
  const named = (file: SentFile) => ({ name: file.name, bytes: bytesOf(file) });
  const truth = await decodeTruthCase({
    id,
    patient: trained.scores.patient as string,
    image: named(trained.image),
    masks: [named(trained.mask)],
  });
  const options = ensembleOf(run, {});

  const segmentation = await segmentScan(model, truth, options);
  const written = new Map(trained.results.map((file) => [file.name, bytesOf(file)]));
  const files = [...imageResults({ name: id, classes: run.info.classes }, truth.scan as never, segmentation)];
  expect(files.map((file) => file.name).sort()).toEqual([...written.keys()].sort());
  // The mask, the 16-bit probability and the uncertainty, to the last byte.
  for (const file of files) expect(file.bytes, file.name).toEqual(written.get(file.name));

  const { names: classNames } = run.info.classes;
  for await (const result of evaluateCases(model, [truth], { ...options, classNames })) {
    const { reliability: _, ...scores } = result;
    expect(JSON.parse(JSON.stringify(scores))).toEqual(trained.scores);
  }
  model.network.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

it.each([false, true])(
  'loadRun segments as the command does, from the files that were chosen (worker: %s)',
  async (inWorker) => {
    const files = trained.run.map((file) => new File([bytesOf(file) as Uint8Array<ArrayBuffer>], file.name));
    const worker = (): Worker =>
      new Worker(new URL('./load-run/web-run.fixture.ts', import.meta.url), { type: 'module' });
    const run = await loadRun(files, inWorker ? { worker: webWorkerEndpoint(worker()) } : {});
    const image = new File([bytesOf(trained.image) as Uint8Array<ArrayBuffer>], trained.image.name);
    const { files: results, classes } = await run.segment(image, { files: true });
    expect(classes).toEqual(run.run.info.classes.names);
    const written = new Map(trained.results.map((file) => [file.name, bytesOf(file)]));
    expect(results!.map(({ name }) => name).sort()).toEqual([...written.keys()].sort());
    for (const { name, bytes } of results!) expect(bytes, name).toEqual(written.get(name));
    await run.dispose();
  },
);

it('a directory of the page stores, appends and removes files', async () => {
  const root = await navigator.storage.getDirectory();
  const store = directoryStore(await root.getDirectoryHandle('store', { create: true }), 'mine');
  expect(await store.read('a/b.txt')).toBeUndefined();
  await store.append('a/b.txt', Uint8Array.of(1, 2));
  await store.append('a/b.txt', Uint8Array.of(3));
  expect([...(await store.read('a/b.txt'))!]).toEqual([1, 2, 3]);
  await store.write('a/b.txt', Uint8Array.of(9));
  expect([...(await store.read('a/b.txt'))!]).toEqual([9]);
  await store.remove('a/b.txt');
  await store.remove('a/b.txt');
  expect(await store.read('a/b.txt')).toBeUndefined();
});
