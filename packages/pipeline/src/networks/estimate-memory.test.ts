import '@tensorflow/tfjs-layers';
import { register } from '@medseg/backend-wasm';
import type { AnchoredDiffusion } from '@medseg/models';
import { anchoredRecipe, Trainer } from '@medseg/training';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activationOf, type Classes } from '../run/classes.ts';
import { type ConfigInput, type RunConfig, resolveConfig } from '../run/config.ts';
import { samplePlaces } from '../segmentation/sample-places.ts';
import { samplesAtOnce } from '../segmentation/samples-at-once.ts';
import { countedNetwork, countNetwork } from './count-network.ts';
import { estimateDrawing, estimateTraining, type MemoryEstimate } from './estimate-memory.ts';
import { buildNetwork } from './load.ts';
import { ANCHORED_PROCESS, createSchedule } from './process.ts';

interface Allocator {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Bytes that are on the heap of the wasm backend, and the most there were. */
const heap = { live: 0, peak: 0 };

beforeAll(async () => {
  await register();
  const module = (tf.backend() as unknown as BackendWasm).wasm as unknown as Allocator;
  const { _malloc, _free } = module;
  const sizes = new Map<number, number>();
  module._malloc = (bytes) => {
    const address = _malloc(bytes);
    sizes.set(address, bytes);
    heap.live += bytes;
    heap.peak = Math.max(heap.peak, heap.live);
    return address;
  };
  module._free = (address) => {
    heap.live -= sizes.get(address >>> 0) ?? 0;
    sizes.delete(address >>> 0);
    _free(address);
  };
});

const CHANNELS = 3;
const SMALL = { encoderChannels: [8, 16], denoiserChannels: [8, 16], groups: 4 };
const NETWORKS: [name: string, size: [number, number], batch: number, classes: number, network: ConfigInput][] = [
  ['the default', [32, 32], 4, 1, {}],
  ['the default, larger', [64, 64], 3, 1, {}],
  ['a small one, of two levels', [64, 48], 4, 2, SMALL],
  ['one of a level', [32, 32], 2, 1, { encoderChannels: [16], denoiserChannels: [16] }],
  ['a wide encoder', [32, 32], 4, 1, { encoderChannels: [32, 64, 128, 192] }],
  ['a wide denoiser', [32, 32], 4, 1, { denoiserChannels: [32, 48, 64, 96] }],
  ['a deep encoder', [32, 32], 4, 1, { encoderBlocks: 5 }],
  ['many classes', [32, 32], 4, 20, {}],
];

const classesOf = (count: number): Classes => ({
  exclusive: true,
  names: Array.from({ length: count }, (_, i) => `${i}`),
});

const configOf = (size: [number, number], batchSize: number, network: ConfigInput, workers = 1): RunConfig =>
  resolveConfig({
    data: { dir: '.', layout: 'folder', imageSize: size },
    network,
    training: { batchSize, workers, steps: 1 },
  });

describe.each(NETWORKS)('of %s', (_, size, batch, count, input) => {
  const config = configOf(size, batch, input);
  const classes = classesOf(count);
  const given = { config, imageChannels: CHANNELS, classes: count };
  const counted = { network: countedNetwork(config)!, imageSize: size, imageChannels: CHANNELS, classes: count };
  const build = (): AnchoredDiffusion =>
    buildNetwork(config, { imageChannels: CHANNELS, classes }) as AnchoredDiffusion;
  const pixels = batch * size[0] * size[1];
  /** Bytes that the tensors of this file took when it began, which are not counted. */
  const measure = async (work: () => Promise<void> | void): Promise<number> => {
    const before = heap.live;
    heap.peak = heap.live;
    await work();
    return heap.peak - before;
  };

  it('counts the weights', () => {
    const network = build();
    const { encoder, denoiser } = countNetwork(counted);
    const sum = (variables: Map<string, tf.Variable>): number =>
      [...variables.values()].reduce((all, { size: numbers }) => all + numbers, 0);
    expect(encoder.weights / sum(network.encoderVariables())).toBeCloseTo(1, 1);
    expect(denoiser.weights / sum(network.denoiserVariables())).toBeCloseTo(1, 1);
    network.dispose();
  });

  it('says what training takes within a factor of 1.5', async () => {
    const taken = await measure(() => {
      const network = build();
      const schedule = createSchedule(ANCHORED_PROCESS);
      const recipe = anchoredRecipe(network, { schedule, activation: activationOf(classes) });
      const trainer = new Trainer(recipe, { seed: 1 });
      const values = {
        images: Float32Array.from({ length: pixels * CHANNELS }, (_v, i) => Math.sin(i)),
        masks: Float32Array.from({ length: pixels * count }, (_v, i) => (i % count === 0 ? 1 : 0)),
        imageShape: [batch, ...size, CHANNELS] as [number, number, number, number],
        maskShape: [batch, ...size, count] as [number, number, number, number],
        ids: Array.from({ length: batch }, (_v, i) => `${i}`),
      };
      trainer.step(values, 0.5);
      trainer.learners.get('encoder')!.keepBest();
      trainer.beginNextPhase(0.5);
      for (let step = 0; step < 3; step++) trainer.step(values, 0.5);
      trainer.dispose();
      network.dispose();
    });
    const ratio = estimateTraining(given)!.thread / taken;
    expect(ratio).toBeGreaterThan(1 / 1.5);
    expect(ratio).toBeLessThan(1.5);
  });

  it.each([
    [2, 6],
    [8, 1],
  ])('says what drawing takes within a factor of 1.5 (%i places, %i members)', async (places, members) => {
    const inputs = Array.from({ length: places }, (_v, i) => ({
      name: `${i}`,
      values: new Float32Array(size[0] * size[1] * CHANNELS),
    }));
    const preparation = { imageSize: size, normalization: { mode: 'none' } } as const;
    const options = { scheduler: 'ddim', steps: 2, members, seed: 1, preparation } as const;
    const taken = await measure(async () => {
      const network = build();
      await samplePlaces({ network, process: ANCHORED_PROCESS, activation: activationOf(classes) }, inputs, options);
      network.dispose();
    });
    const ratio = estimateDrawing({ ...given, places, members, threads: 1 })!.thread / taken;
    expect(ratio).toBeGreaterThan(1 / 1.5);
    expect(ratio).toBeLessThan(1.5);
  });
});

it('spreads a batch over threads, each with a heap of its own', () => {
  const of = (workers: number): MemoryEstimate =>
    estimateTraining({ config: configOf([512, 512], 8, {}, workers), imageChannels: 3, classes: 1 })!;
  expect(of(4).thread).toBeLessThan(0.4 * of(1).thread);
  expect(of(4).total).toBeGreaterThan(4 * of(4).thread);
  expect(of(16).thread).toBe(of(8).thread); // no thread without a sample
  const monstrous = configOf([1e8, 1e8], 1e9, { encoderBlocks: 1e9 });
  expect(estimateTraining({ config: monstrous, imageChannels: 3, classes: 1 })!.thread).toBeGreaterThan(1e20);
});

it('draws no more at once than there is memory for', () => {
  expect(samplesAtOnce([64, 64])).toBe(40);
  expect(samplesAtOnce([128, 128])).toBe(40);
  expect(samplesAtOnce([256, 256])).toBe(10);
  expect(samplesAtOnce([2048, 2048])).toBe(1);
});

it('knows the plain U-Net, and says nothing of the others', () => {
  const of = (network: ConfigInput): MemoryEstimate | undefined =>
    estimateTraining({ config: configOf([64, 64], 8, network), imageChannels: 3, classes: 1 });
  expect(of({ name: 'unet' })!.thread).toBeLessThan(of({})!.thread);
  expect(of({ name: 'unet' })!.thread).toBeGreaterThan(of({ encoderChannels: [8, 8, 8, 8] })!.thread);
  expect(of({ name: 'lucidrains' })).toBeUndefined();
});
