import { describeOnBackends } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { averageDecay, MovingAverage } from './moving-average.ts';

describeOnBackends('MovingAverage', () => {
  it('follows the formula with warm-up', () => {
    const variable = tf.variable(tf.tensor1d([1, -2]));
    const average = new MovingAverage(new Map([['w', variable]]));
    let expected = 1;
    for (let n = 0; n < 5; n++) {
      variable.assign(tf.tensor1d([n * n, 0]));
      average.update();
      const decay = (1 + n) / (10 + n);
      expected = decay * expected + (1 - decay) * n * n;
    }
    expect(average.values().get('w')!.dataSync()[0]).toBeCloseTo(expected, 4);
    average.dispose();
  });

  it('decays by its limit from the first update on where there is no warm-up', () => {
    const variable = tf.variable(tf.tensor1d([1]));
    const average = new MovingAverage(new Map([['w', variable]]), 0.9, { warmUp: false });
    let expected = 1;
    for (const value of [3, -1, 5]) {
      variable.assign(tf.tensor1d([value]));
      average.update();
      expected = 0.9 * expected + 0.1 * value;
    }
    expect(average.values().get('w')!.dataSync()[0]).toBeCloseTo(expected, 5);
    average.dispose();
  });

  it('swaps there and back to the bit', () => {
    const variable = tf.variable(tf.tensor1d([0.1]));
    const average = new MovingAverage(new Map([['w', variable]]));
    variable.assign(tf.tensor1d([0.7]));
    average.swap();
    expect(variable.dataSync()[0]).toBe(Math.fround(0.1));
    average.swap();
    expect(variable.dataSync()[0]).toBe(Math.fround(0.7));
    expect(average.values().get('w')!.dataSync()[0]).toBe(Math.fround(0.1));
  });
});

it('never decays faster than the limit', () => {
  expect(averageDecay(0)).toBeCloseTo(0.1);
  expect(averageDecay(1e9)).toBe(0.9999);
});
