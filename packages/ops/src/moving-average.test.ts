import { describeOnBackends, expectNoLeak, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { movingAverages } from './moving-average.ts';

describeOnBackends('movingAverages', () => {
  it('equals the definition, and leaves what it is given', async () => {
    const shapes = [[3, 5], [], [17], [4]];
    const averages = shapes.map((shape, i) => randomTensor(shape, i));
    const values = shapes.map((shape, i) => randomTensor(shape, i + 4));
    const [before, x] = [averages, values].map((list) => list.flatMap((tensor) => Array.from(tensor.dataSync())));
    const next = movingAverages(averages, values, 0.9);
    expect(next.map(({ shape }) => shape)).toEqual(shapes);
    const expected = before!.map((value, i) => 0.9 * value + 0.1 * x![i]!);
    expect(
      relativeError(
        next.flatMap((tensor) => Array.from(tensor.dataSync())),
        expected,
      ),
    ).toBeLessThan(1e-6);
    expect(averages.flatMap((tensor) => Array.from(tensor.dataSync()))).toEqual(before);
    await expectNoLeak(() => tf.dispose(movingAverages(averages, values, 0.9)));
    expect(movingAverages([], [], 0.5)).toEqual([]);
  });

  it('says which rule was broken', () => {
    const x = tf.zeros([3]);
    expect(() => movingAverages([x], [x], 1.5)).toThrow(/from 0 to 1, got 1.5/);
    expect(() => movingAverages([x], [], 0.5)).toThrow(/1 averages for 0 values/);
    expect(() => movingAverages([x], [tf.zeros([2])], 0.5)).toThrow(/average 0 must be \[2\] as its value, got \[3\]/);
  });
});
