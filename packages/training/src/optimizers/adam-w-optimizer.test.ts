import { describeOnBackends } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { AdamWOptimizer } from './adam-w-optimizer.ts';

describeOnBackends('AdamWOptimizer', () => {
  it.each(['matrices', 'all'] as const)('takes the steps of the paper, with decay for %s', (decays) => {
    const start = [0.5, -1.5];
    const matrix = tf.variable(tf.tensor2d([start]));
    const vector = tf.variable(tf.tensor1d(start));
    const optimizer = new AdamWOptimizer(
      new Map<string, tf.Variable>([
        ['m', matrix],
        ['v', vector],
      ]),
      { weightDecay: 0.1, decays },
    );
    const expected = { m: [...start], v: [...start] };
    const moments = { first: [0, 0], second: [0, 0] };
    for (let step = 1; step <= 4; step++) {
      const g = [0.3 * step, -1 / step];
      optimizer.apply(
        new Map<string, tf.Tensor>([
          ['m', tf.tensor2d([g])],
          ['v', tf.tensor1d(g)],
        ]),
        0.01,
        { gradientScale: 0.5 },
      );
      g.forEach((value, i) => {
        const scaled = 0.5 * value;
        moments.first[i] = 0.9 * moments.first[i]! + 0.1 * scaled;
        moments.second[i] = 0.999 * moments.second[i]! + 0.001 * scaled * scaled;
        const update =
          moments.first[i]! / (1 - 0.9 ** step) / (Math.sqrt(moments.second[i]! / (1 - 0.999 ** step)) + 1e-8);
        expected.m[i]! -= 0.01 * (update + 0.1 * expected.m[i]!);
        expected.v[i]! -= 0.01 * (update + (decays === 'all' ? 0.1 * expected.v[i]! : 0));
      });
    }
    expected.m.forEach((value, i) => void expect(matrix.dataSync()[i]).toBeCloseTo(value, 5));
    expected.v.forEach((value, i) => void expect(vector.dataSync()[i]).toBeCloseTo(value, 5));
  });

  it('refuses to go on without a gradient', () => {
    const optimizer = new AdamWOptimizer(new Map([['w', tf.variable(tf.scalar(1))]]));
    expect(() => optimizer.apply(new Map(), 0.1)).toThrow(/no gradient for w/);
  });
});
