import { type RunConfig, resolveConfig } from '@medseg/pipeline';
import { expect, it } from 'vitest';
import { lessMemory } from './less-memory.ts';

const configOf = (imageSize: [number, number], batchSize: number): RunConfig =>
  resolveConfig({ data: { dir: '.', layout: 'folder', imageSize }, training: { batchSize, steps: 1 } });

/** Whether a run has so many pixels in a batch at most. */
const upTo =
  (pixels: number) =>
  ({ data: { imageSize }, training: { batchSize } }: RunConfig): boolean =>
    batchSize * imageSize[0] * imageSize[1] <= pixels;

it('names the largest batch that fits, and the largest images', () => {
  expect(lessMemory(configOf([512, 512], 64), upTo(3 * 512 * 512))).toBe(
    'a new run needs less with a smaller batch, --set training.batchSize=3 (it is 64), or smaller images, --set data.imageSize=[64,64]',
  );
  expect(lessMemory(configOf([512, 512], 16), upTo(15 * 512 * 512))).toContain('training.batchSize=15 (it is 16)');
  expect(lessMemory(configOf([512, 512], 16), upTo(15 * 512 * 512), 8)).toContain('training.batchSize=8 (it is 16)');
  expect(lessMemory(configOf([512, 512], 1_000_000_000), upTo(3 * 512 * 512))).toMatch(
    /^a new run needs less with a smaller batch, --set training\.batchSize=3 \(it is 1000000000\)$/,
  );
});

it('names images alone where the batch is one, in sides that networks can halve', () => {
  expect(lessMemory(configOf([512, 512], 1), upTo(256 * 256))).toBe(
    'a new run needs less with smaller images, --set data.imageSize=[256,256]',
  );
  expect(lessMemory(configOf([96, 160], 1), upTo(80 * 80))).toContain('data.imageSize=[32,64]');
  expect(lessMemory(configOf([24, 40], 1), upTo(300))).toContain('data.imageSize=[8,16]');
});

it('names both where neither is enough, and the network where both are not', () => {
  expect(lessMemory(configOf([8192, 8192], 1_000_000), upTo(512 * 512))).toBe(
    'a new run needs less with --set training.batchSize=1 and --set data.imageSize=[512,512]',
  );
  expect(lessMemory(configOf([64, 64], 16), () => false)).toMatch(/^a new run needs less with a smaller network: /);
});
