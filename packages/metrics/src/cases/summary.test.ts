import { caseResult } from '@medseg/test-support/case-results';
import { expect, it } from 'vitest';
import { missingNotes } from './format.ts';
import { summariseResults } from './summary.ts';

const results = [
  caseResult('a1', 'a', { dice: 0.5 }),
  caseResult('a2', 'a', { dice: 0.7 }),
  caseResult('b1', 'b', { dice: 0.9, hausdorff95: Number.NaN }),
];

it('gives means over images with intervals over patients, the same for the same seed', () => {
  const { ensemble, otsu } = summariseResults(results, { seed: 1 });
  expect(ensemble.dice.estimate).toBeCloseTo(0.7, 12);
  // Of two patients there are three draws: a a (mean 0.6), a b (0.7), b b (0.9).
  expect(ensemble.dice.low).toBeCloseTo(0.6, 12);
  expect(ensemble.dice.high).toBeCloseTo(0.9, 12);
  expect(summariseResults(results, { seed: 1 })).toEqual(summariseResults(results, { seed: 1 }));
  expect(otsu!.dice).toEqual({
    estimate: expect.closeTo(0.2),
    low: expect.closeTo(0.2),
    high: expect.closeTo(0.2),
    images: 3,
  });
  expect(otsu!.ece.images).toBe(0);
});

it('leaves out and counts what has no value, and gives no interval for a single patient', () => {
  const summary = summariseResults(results, { seed: 1 });
  const { estimate, low, images } = summary.ensemble.hausdorff95;
  expect([estimate, low, images]).toEqual([2, Number.NaN, 2]);
  expect(missingNotes(summary, 3)).toEqual([
    'Hausdorff 95 has no value where a mask is empty; images left out: diffusion ensemble 1',
  ]);
});
