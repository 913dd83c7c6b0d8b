import { describeOnBackends } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { outputHead } from './output-head.ts';

describeOnBackends('outputHead', () => {
  it.each([
    ['replicate', [6, 6, 6, 6]],
    ['zeros', [4, 6, 6, 4]],
  ] as const)('with padding %s gives a constant map %j along its middle row', (padding, expected) => {
    // Two groups of one channel, normalised to 0 and shifted: silu(2) in each pixel; the kernel sums a 3x3 square.
    const silu2 = 2 / (1 + Math.exp(-2));
    const weights = {
      norm: { weight: tf.ones<tf.Rank.R1>([2]), bias: tf.fill<tf.Rank.R1>([2], 2) },
      conv: { weight: tf.fill<tf.Rank.R4>([3, 3, 2, 1], 1 / (3 * silu2)), bias: tf.zeros<tf.Rank.R1>([1]) },
    };
    const y = outputHead(tf.fill([1, 4, 4, 2], 5), weights, { groups: 2, padding });
    const row = Array.from(tf.slice(y, [0, 1, 0, 0], [1, 1, 4, 1]).dataSync());
    for (const [i, value] of row.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
  });
});
