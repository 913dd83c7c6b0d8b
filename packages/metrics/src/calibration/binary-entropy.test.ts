import { expect, it } from 'vitest';
import { binaryEntropy } from './binary-entropy.ts';

it('measures a decision in nats or bits', () => {
  expect([0, 0.5, 1].map((p) => binaryEntropy(p, Math.log2))).toEqual([0, 1, 0]);
  expect(binaryEntropy(0.11, Math.log2)).toBeCloseTo(0.4999, 3);
  expect([0, 0.5, 1].map((p) => binaryEntropy(p))).toEqual([0, Math.LN2, 0]);
});
