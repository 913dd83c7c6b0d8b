import { createRandom } from '@medseg/random';
import { describe, expect, it } from 'vitest';
import { createLossHistory, lossSecondMomentTimesteps, recordLosses, uniformTimesteps } from './timestep-sampler.ts';

describe('timesteps to train on', () => {
  it('are even, and weigh alike', () => {
    const { t, weights } = uniformTimesteps(4, 8000, createRandom(1));
    for (let step = 0; step < 4; step++) expect(t.filter((v) => v === step).length / 8000).toBeCloseTo(0.25, 1);
    expect(new Set(weights)).toEqual(new Set([1]));
  });

  it('follow the root of the mean squared loss, and the weights undo that', () => {
    let history = createLossHistory(3, { depth: 2 });
    const losses = [1, 2, 5];
    for (let round = 0; round < 3; round++) history = recordLosses(history, [0, 1, 2], losses);
    expect(history.losses.every((seen) => seen.length === 2)).toBe(true);
    const { t, weights } = lossSecondMomentTimesteps(history, 20000, createRandom(2), { uniformShare: 0 });
    for (let step = 0; step < 3; step++) {
      expect(t.filter((v) => v === step).length / 20000).toBeCloseTo(losses[step]! / 8, 1);
    }
    // Importance weights leave the mean of anything as it is under even drawing.
    const mean = t.reduce((sum, step, i) => sum + weights[i]! * losses[step]!, 0) / 20000;
    expect(mean).toBeCloseTo(8 / 3, 5);
  });

  it('are even until each step was seen often enough', () => {
    const history = recordLosses(createLossHistory(3, { depth: 1 }), [0, 1], [100, 1]);
    expect(new Set(lossSecondMomentTimesteps(history, 10, createRandom(3)).weights)).toEqual(new Set([1]));
  });

  it('refuse what does not fit', () => {
    const history = createLossHistory(3);
    expect(() => recordLosses(history, [3], [1])).toThrow(RangeError);
    expect(() => recordLosses(history, [0], [Number.NaN])).toThrow(RangeError);
    expect(() => recordLosses(history, [0, 1], [1])).toThrow(RangeError);
    expect(() => lossSecondMomentTimesteps(history, 0, createRandom(1))).toThrow(RangeError);
    expect(() => uniformTimesteps(0, 1, createRandom(1))).toThrow(RangeError);
  });
});
