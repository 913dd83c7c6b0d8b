import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, restoreRandom } from './random.ts';

const seeds = fc.integer();

describe('createRandom', () => {
  it('repeats itself from the same seed, and differs from another', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, b, c] = [createRandom(seed), createRandom(seed), createRandom(seed + 1)];
        const first = a.uniform();
        expect(b.uniform()).toBe(first);
        expect(c.uniform()).not.toBe(first);
      }),
    );
  });

  it('goes on from a saved state, through JSON, whatever was drawn', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.constantFrom('uniform', 'normal', 'permutation')), (seed, draws) => {
        const random = createRandom(seed);
        for (const draw of draws) draw === 'permutation' ? random.permutation(5) : random[draw as 'uniform']();
        const restored = restoreRandom(JSON.parse(JSON.stringify(random.state())));
        expect(restored.normal()).toBe(random.normal());
        expect(restored.integer(1000)).toBe(random.integer(1000));
      }),
    );
  });

  it('draws uniform and normal numbers with the right moments', () => {
    const random = createRandom(3);
    const n = 100_000;
    const uniform = Array.from({ length: n }, () => random.uniform());
    const normal = random.fillNormal(new Float32Array(n));
    const moments = (x: ArrayLike<number>): [number, number] => {
      const values = Array.from(x);
      const mean = values.reduce((a, b) => a + b) / n;
      return [mean, values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n];
    };
    expect(Math.min(...uniform.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform.slice(0, 1000))).toBeLessThan(1);
    expect(moments(uniform)[0]).toBeCloseTo(0.5, 2);
    expect(moments(uniform)[1]).toBeCloseTo(1 / 12, 2);
    expect(moments(normal)[0]).toBeCloseTo(0, 1);
    expect(moments(normal)[1]).toBeCloseTo(1, 1);
  });

  it('makes permutations and whole numbers in range', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 200 }), (seed, n) => {
        const random = createRandom(seed);
        expect(random.permutation(n).toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
        const k = random.integer(n);
        expect(k >= 0 && k < n && Number.isInteger(k)).toBe(true);
      }),
    );
  });

  it('forks into streams that neither repeat nor move their parent', () => {
    const random = createRandom(11);
    const before = random.state();
    const heads = ['noise', 'split', 1, '1'].map((label) => random.fork(label).uniform());
    expect(new Set(heads).size).toBe(4);
    expect(random.state()).toEqual(before);
    expect(random.fork('noise').uniform()).toBe(heads[0]);
  });

  it('says which rule was broken', () => {
    expect(() => createRandom(Number.NaN)).toThrow(/finite number, got NaN/);
    expect(() => createRandom(1).integer(0)).toThrow(/1..2\^32, got 0/);
    expect(() => restoreRandom({ generator: 'xoroshiro128plus', words: [1, 2, 3] })).toThrow(TypeError);
  });
});
