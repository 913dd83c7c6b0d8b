import { expect, it } from 'vitest';
import { agreement } from './agreement.ts';

it('gives bias and limits of agreement', () => {
  const { bias, low, high, points } = agreement([
    { predicted: 12, truth: 10 },
    { predicted: 20, truth: 20 },
    { predicted: 34, truth: 30 },
  ]);
  // Differences 2, 0 and 4: mean 2, standard deviation 2 over n - 1.
  expect(bias).toBe(2);
  expect(low).toBeCloseTo(2 - 1.96 * 2, 12);
  expect(high).toBeCloseTo(2 + 1.96 * 2, 12);
  expect(points[0]).toEqual({ mean: 11, difference: 2 });
});

it('has no limits for one pair', () => {
  const { bias, low } = agreement([{ predicted: 5, truth: 3 }]);
  expect([bias, low]).toEqual([2, Number.NaN]);
});
