import fc from 'fast-check';
import { expect, it } from 'vitest';
import { learningRate } from './learning-rate.ts';

it('rises linearly, peaks after the warm-up and falls along a cosine', () => {
  const options = { peak: 2, warmUp: 0.1, floor: 0 };
  expect(learningRate(0, options)).toBeCloseTo(0.1);
  expect(learningRate(0.05, options)).toBeCloseTo(2 * 0.525);
  expect(learningRate(0.1, options)).toBeCloseTo(2);
  expect(learningRate(0.55, options)).toBeCloseTo(1);
  expect(learningRate(1, options)).toBeCloseTo(0);
});

it('stays between floor and peak', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (progress) => {
      const rate = learningRate(progress, { peak: 1e-3 });
      expect(rate).toBeGreaterThanOrEqual(0.99e-5);
      expect(rate).toBeLessThanOrEqual(1e-3);
    }),
  );
});

it('refuses progress outside 0 to 1', () => {
  expect(() => learningRate(1.2, { peak: 1 })).toThrow(/within 0 and 1, got 1.2/);
});
