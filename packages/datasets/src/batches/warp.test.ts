import { createRandom } from '@medseg/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../case.ts';
import { augment } from './augment.ts';
import { stackSamples } from './batch.ts';
import { createBatcher } from './batcher.ts';
import { degrade } from './degrade.ts';
import { mixup } from './mixup.ts';
import { warp } from './warp.ts';

/** A smooth image; its masks are the image over two levels, one inside of the other. */
function smooth(side: number): Sample {
  const image = new Float32Array(side * side);
  const mask = new Float32Array(side * side * 2);
  for (let i = 0; i < image.length; i++) {
    const [y, x] = [Math.floor(i / side), i % side];
    image[i] = Math.sin((3 * x) / side) * Math.cos((4 * y) / side);
    mask[2 * i] = image[i]! > 0.2 ? 1 : 0;
    mask[2 * i + 1] = image[i]! > 0.6 ? 1 : 0;
  }
  return {
    id: 's',
    patient: 'p',
    height: side,
    width: side,
    channels: 1,
    classes: 2,
    image,
    mask,
    originalSize: [side, side],
  };
}

describe('warp', () => {
  it('moves image and mask alike, and keeps nested regions nested', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom({ rotate: 180 }, { scale: 0.5 }, { elastic: 3 }, { rotate: 30, scale: 0.2, elastic: 2 }),
        (seed, options) => {
          const { image, mask } = warp(smooth(32), createRandom(seed), options);
          let wrong = 0;
          for (let i = 0; i < image.length; i++) {
            expect(mask[2 * i + 1]! <= mask[2 * i]!).toBe(true);
            // The nearest pixel is at most 0.7 pixels away; the image climbs by at most 0.16 on the way.
            if (mask[2 * i] === 1 ? image[i]! < 0.2 - 0.16 : image[i]! > 0.2 + 0.16) wrong++;
          }
          expect(wrong).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('turns by the angle and grows by the factor that are drawn', () => {
    const sample = smooth(33);
    const random = createRandom(3);
    const angle = ((2 * createRandom(3).uniform() - 1) * 90 * Math.PI) / 180;
    const { image } = warp(sample, random, { rotate: 90 });
    // Two pixels right of the middle comes from there, turned.
    const [y, x] = [16 + 2 * Math.sin(angle), 16 + 2 * Math.cos(angle)];
    expect(image[16 * 33 + 18]).toBeCloseTo(Math.sin((3 * x) / 33) * Math.cos((4 * y) / 33), 2);
    expect(image[16 * 33 + 16]).toBeCloseTo(sample.image[16 * 33 + 16]!, 5);
    const still = warp(sample, createRandom(1), {});
    expect(still.image).toEqual(sample.image);
    expect(still.mask).toEqual(sample.mask);
  });

  it('interpolates soft masks', () => {
    const sample = { ...smooth(16), mask: new Float32Array(512).map((_, i) => (i % 32) / 40) };
    const { mask } = warp(sample, createRandom(2), { scale: 0.5 });
    expect(mask.some((value) => !sample.mask.includes(value))).toBe(true);
    expect(Math.max(...mask)).toBeLessThanOrEqual(Math.max(...sample.mask) + 1e-6);
  });
});

describe('degrade', () => {
  it('changes contrast within the range of the image, and the mask not at all', () => {
    const sample = smooth(16);
    const { image, mask } = degrade(sample, createRandom(5), { gamma: 0.5 });
    expect(mask).toBe(sample.mask);
    expect([Math.min(...image), Math.max(...image)].map((v) => v.toFixed(4))).toEqual(
      [Math.min(...sample.image), Math.max(...sample.image)].map((v) => v.toFixed(4)),
    );
    const order = (values: Float32Array): number[] =>
      [...values.keys()].sort((a, b) => values[a]! - values[b]! || a - b);
    expect(order(image)).toEqual(order(sample.image));
    expect(image).not.toEqual(sample.image);
  });

  it('adds noise of at most the deviation asked for, and a field of at most the factor', () => {
    const flat = { ...smooth(64), image: new Float32Array(64 * 64).map((_, i) => i % 2) }; // deviation 1/2
    const noisy = degrade(flat, createRandom(1), { noise: 0.2 });
    const differences = noisy.image.map((value, i) => value - flat.image[i]!);
    const deviation = Math.sqrt(differences.reduce((sum, d) => sum + d * d, 0) / differences.length);
    const drawn = createRandom(1);
    drawn.uniform(); // the contrast
    expect(deviation / (0.2 * 0.5 * drawn.uniform())).toBeCloseTo(1, 1);
    const ones = { ...flat, image: new Float32Array(64 * 64).map((_, i) => (i === 0 ? 0 : 1)) };
    const { image } = degrade(ones, createRandom(1), { biasField: 0.3 });
    expect(Math.max(...image.subarray(1))).toBeLessThanOrEqual(Math.exp(0.3) + 1e-6);
    expect(Math.min(...image.subarray(1))).toBeGreaterThanOrEqual(Math.exp(-0.3) - 1e-6);
    expect(new Set(image).size).toBeGreaterThan(100);
  });
});

describe('augment', () => {
  it('is the same for a seed, with all of it, and leaves flips alone when more is asked for', () => {
    const all = { rotate: 20, scale: 0.2, elastic: 2, gamma: 0.3, noise: 0.1, biasField: 0.2 };
    expect(augment(smooth(16), createRandom(3), all)).toEqual(augment(smooth(16), createRandom(3), all));
    const flipped = augment(smooth(16), createRandom(3), { intensity: 0 });
    const also = augment(smooth(16), createRandom(3), { intensity: 0, noise: 0.001 });
    expect(also.mask).toEqual(flipped.mask);
    expect(Math.max(...also.image.map((v, i) => Math.abs(v - flipped.image[i]!)))).toBeLessThan(0.01);
    expect(() => augment(smooth(4), createRandom(1), { rotate: -1 })).toThrow('rotate must be 0 or more, got -1');
  });
});

describe('mixup', () => {
  const constant = (value: number): Sample => ({
    ...smooth(2),
    image: new Float32Array(4).fill(value),
    mask: new Float32Array(8).fill(value),
    id: `${value}`,
  });

  it('mixes image and mask by the same share of at least a half', () => {
    const batch = stackSamples([0, 1, 2, 3].map(constant));
    for (let seed = 0; seed < 20; seed++) {
      const { images, masks, ids } = mixup(batch, createRandom(seed), 0.4);
      expect(ids).toEqual(batch.ids);
      for (let b = 0; b < 4; b++) {
        expect(masks[b * 8]).toBe(images[b * 4]);
        expect(Math.abs(images[b * 4]! - b)).toBeLessThanOrEqual(1.5);
      }
    }
    expect(() => mixup(batch, createRandom(1), 0)).toThrow('alpha must be positive');
  });

  it('draws shares of Beta(a, a): variance 1 / (4 (2 a + 1))', () => {
    const two = stackSamples([constant(0), constant(1)]);
    let sum = 0;
    let count = 0;
    for (let seed = 0; seed < 4000; seed++) {
      const first = mixup(two, createRandom(seed), 0.4).images[0]!;
      // 1 - share where the partner is the other one; half of the time it is the sample itself.
      if (first === 0) continue;
      sum += (0.5 - first) ** 2;
      count++;
    }
    expect(sum / count).toBeCloseTo(1 / (4 * 1.8), 1);
  });

  it('is off by default', async () => {
    const samples = [0, 1, 2, 3].map(constant);
    const batch = await createBatcher(samples, { batchSize: 4, seed: 1, augment: { intensity: 0 } }).batchAt(0);
    expect([...batch.masks].every((value) => Number.isInteger(value))).toBe(true);
    const mixed = await createBatcher(samples, { batchSize: 4, seed: 1, augment: { intensity: 0, mixup: 1 } }).batchAt(
      0,
    );
    expect([...mixed.masks].every((value) => Number.isInteger(value))).toBe(false);
  });
});
