import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../case.ts';
import { stackSamples } from './batch.ts';
import { createBatcher, sampleSource } from './batcher.ts';

const samplesOf = (count: number): Sample[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    patient: `p${i}`,
    height: 2,
    width: 3,
    channels: 2,
    classes: 1,
    image: new Float32Array(12).map((_, k) => i * 100 + k),
    mask: new Float32Array(6).map((_, k) => (k + i) % 2),
    originalSize: [2, 3],
  }));

describe('createBatcher', () => {
  it('shows each sample once an epoch, over the edges of batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer(),
        async (count, batchSize, seed) => {
          const batcher = createBatcher(samplesOf(count), { batchSize, seed });
          const ids: string[] = [];
          for (let step = 0; ids.length < 3 * count; step++) ids.push(...(await batcher.batchAt(step)).ids);
          for (const epoch of [0, 1, 2]) {
            expect(ids.slice(epoch * count, (epoch + 1) * count).sort()).toEqual(
              samplesOf(count)
                .map((s) => s.id)
                .sort(),
            );
          }
          expect(batcher.stepsPerEpoch).toBe(Math.ceil(count / batchSize));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives the same batch for the same seed and step, whatever was asked before', async () => {
    const straight = createBatcher(samplesOf(7), { batchSize: 3, seed: 5 });
    const batches = await Promise.all([0, 1, 2, 3, 4, 5].map((step) => straight.batchAt(step)));
    const resumed = createBatcher(sampleSource(samplesOf(7)), { batchSize: 3, seed: 5 });
    for (const step of [4, 1, 5]) expect(await resumed.batchAt(step)).toEqual(batches[step]);
    expect(await createBatcher(samplesOf(7), { batchSize: 3, seed: 6 }).batchAt(0)).not.toEqual(batches[0]);
  });

  it('orders and changes samples anew each epoch', async () => {
    const batcher = createBatcher(samplesOf(6), { batchSize: 6, seed: 1 });
    const [first, second] = [await batcher.batchAt(0), await batcher.batchAt(1)];
    expect(first.ids).not.toEqual(second.ids);
    const imageOf = (batch: typeof first, id: string): string =>
      batch.images.slice(batch.ids.indexOf(id) * 12, (batch.ids.indexOf(id) + 1) * 12).join();
    expect(imageOf(first, 's0')).not.toBe(imageOf(second, 's0'));
  });

  it('leaves samples as they are when told so', async () => {
    const { ids, images, masks, imageShape } = await createBatcher(samplesOf(4), {
      batchSize: 4,
      seed: 1,
      augment: false,
    }).batchAt(0);
    expect(imageShape).toEqual([4, 2, 3, 2]);
    for (const [i, id] of ids.entries()) {
      const sample = samplesOf(4).find((s) => s.id === id)!;
      expect(images.slice(i * 12, (i + 1) * 12)).toEqual(sample.image);
      expect(masks.slice(i * 6, (i + 1) * 6)).toEqual(sample.mask);
    }
  });

  it('refuses nothing to draw from, no batch size, and samples that differ in shape', async () => {
    expect(() => createBatcher([], { batchSize: 1, seed: 1 })).toThrow('at least one sample, got 0');
    expect(() => createBatcher(samplesOf(1), { batchSize: 0, seed: 1 })).toThrow(
      'batchSize must be a positive integer, got 0',
    );
    const [a, b] = samplesOf(2);
    expect(() => stackSamples([a!, { ...b!, channels: 1 }])).toThrow('one shape, got 2x3x2 of s0 and 2x3x1 of s1');
  });

  it('says the shapes of its arrays', async () => {
    const { images, masks, imageShape, maskShape } = await createBatcher(samplesOf(3), {
      batchSize: 2,
      seed: 1,
    }).batchAt(0);
    expect([imageShape, maskShape]).toEqual([
      [2, 2, 3, 2],
      [2, 2, 3, 1],
    ]);
    expect([images.length, masks.length]).toEqual([24, 12]);
  });
});
