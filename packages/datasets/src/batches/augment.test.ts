import { createRandom } from '@medseg/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../case.ts';
import { type AugmentOptions, augment } from './augment.ts';

const sampleOf = (height: number, width: number): Sample => {
  const mask = new Float32Array(height * width).map((_, i) => ((i * 13) % 7 < 3 ? 1 : 0));
  const image = new Float32Array(height * width * 2);
  // Channel 0 carries the mask, channel 1 the place.
  for (let i = 0; i < mask.length; i++) image.set([mask[i]!, i], i * 2);
  return { id: 'a', patient: 'p', height, width, channels: 2, classes: 1, image, mask, originalSize: [height, width] };
};

describe('augment', () => {
  it('moves image and mask alike and loses no pixel', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        fc.boolean(),
        (seed, side, flip, rotate90) => {
          const sample = sampleOf(side, rotate90 ? side : side + 1);
          const out = augment(sample, createRandom(seed), { flip, rotate90, intensity: 0 });
          const places = out.image.filter((_, i) => i % 2 === 1);
          expect(out.image.filter((_, i) => i % 2 === 0)).toEqual(out.mask);
          expect(places.slice().sort()).toEqual(new Float32Array(out.mask.length).map((_, i) => i));
          for (let i = 0; i < places.length; i++) expect(out.mask[i]).toBe(sample.mask[places[i]!]);
        },
      ),
    );
  });

  it('reaches all eight poses of a square and all four flips', () => {
    const poses = (options: AugmentOptions): number =>
      new Set(
        Array.from({ length: 200 }, (_, seed) => augment(sampleOf(3, 3), createRandom(seed), options).image.join()),
      ).size;
    expect(poses({ rotate90: true, intensity: 0 })).toBe(8);
    expect(poses({ intensity: 0 })).toBe(4);
    expect(poses({ flip: false, intensity: 0 })).toBe(1);
  });

  it('changes intensities of the image alone, by at most what it is told', () => {
    const sample = sampleOf(4, 4);
    const out = augment(sample, createRandom(5), { flip: false, intensity: 0.1 });
    expect(out.mask).toEqual(sample.mask);
    const gain = out.image[2 * 3 + 1]! - out.image[2 * 2 + 1]!;
    expect(gain).not.toBe(1);
    for (let i = 0; i < 16; i++) {
      expect(out.image[i * 2 + 1]! - out.image[1]!).toBeCloseTo(gain * i, 4);
      expect(Math.abs(out.image[i * 2 + 1]! - i)).toBeLessThanOrEqual(0.1 * i + 0.1 + 1e-5);
    }
  });

  it('is the same for the same seed, and leaves its input alone', () => {
    const sample = sampleOf(4, 4);
    const before = sample.image.slice();
    expect(augment(sample, createRandom(9))).toEqual(augment(sample, createRandom(9)));
    expect(sample.image).toEqual(before);
  });

  it('refuses to turn what is not square', () => {
    expect(() => augment(sampleOf(2, 3), createRandom(1), { rotate90: true })).toThrow(
      'rotate90 needs square images, got 2x3',
    );
  });
});
