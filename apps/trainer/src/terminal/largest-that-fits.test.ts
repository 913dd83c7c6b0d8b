import { expect, it } from 'vitest';
import { largestThatFits } from './largest-that-fits.ts';

it.each([
  [100, 7, 7],
  [100, 100, 100],
  [100, 1000, 100],
  [100, 0, 0],
  [1, 1, 1],
  [0, 5, 0],
  [1e9, 123_456_789, 123_456_789],
])('of at most %i, where %i fit, finds %i', (most, limit, found) => {
  let asked = 0;
  const fits = (count: number): boolean => {
    asked++;
    return count <= limit;
  };
  expect(largestThatFits(most, fits)).toBe(found);
  expect(asked).toBeLessThan(40);
});
