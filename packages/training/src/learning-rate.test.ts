import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantRate, cosineRate, learningRate, linearRate } from './learning-rate.ts';

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

describe('rates of a phase', () => {
  it('cosineRate is learningRate', () => {
    const options = { peak: 3, warmUp: 0.2, floor: 0.1 };
    for (const progress of [0, 0.1, 0.2, 0.7, 1]) {
      expect(cosineRate(options)(progress)).toBe(learningRate(progress, options));
    }
  });

  it('constantRate rises where it is told to, and stays', () => {
    expect([0, 0.3, 1].map(constantRate({ peak: 0.01 }))).toEqual([0.01, 0.01, 0.01]);
    const warm = constantRate({ peak: 2, warmUp: 0.5 });
    expect(warm(0)).toBeCloseTo(0.1);
    expect(warm(0.25)).toBeCloseTo(2 * 0.525);
    expect([0.5, 0.8, 1].map(warm)).toEqual([2, 2, 2]);
  });

  it("linearRate is guided-diffusion's lr * (1 - frac_done), from the end of the warm-up where there is one", () => {
    const rate = linearRate({ peak: 4 });
    for (const done of [0, 0.25, 0.5, 1]) expect(rate(done)).toBeCloseTo(4 * (1 - done), 12);
    const warm = linearRate({ peak: 4, warmUp: 0.2 });
    expect(warm(0.1)).toBeCloseTo(4 * 0.525);
    expect(warm(0.2)).toBeCloseTo(4);
    expect(warm(0.6)).toBeCloseTo(2);
    expect(warm(1)).toBe(0);
  });

  it.each([cosineRate, constantRate, linearRate])('%o refuses what is no rate', (rate) => {
    expect(() => rate({ peak: -1 })).toThrow(/: peak must be a number of at least 0, got -1/);
    expect(() => rate({ peak: 1, warmUp: 1 })).toThrow(/: warmUp must be a number of at least 0 and below 1, got 1/);
    expect(() => rate({ peak: 1 })(1.2)).toThrow(/progress must be within 0 and 1, got 1.2/);
    expect(() => rate({ top: 1 } as never)).toThrow(/options must be among peak/);
  });
});
