import { describeOnBackends, expectNoLeak, gradientError, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { replicatePad } from './replicate-pad.ts';

const image = (rows: number[][]): tf.Tensor4D => tf.tensor4d(rows.flat(), [1, rows.length, rows[0]!.length, 1]);
const rowsOf = (x: tf.Tensor4D): number[][] => tf.squeeze<tf.Tensor2D>(x, [0, 3]).arraySync();

describeOnBackends('replicatePad', () => {
  it('copies the outermost pixels, corners included', () => {
    const x = image([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: an image
    const padded = [[1, 1, 2, 3, 3], [1, 1, 2, 3, 3], [4, 4, 5, 6, 6], [4, 4, 5, 6, 6]]; // biome-ignore format: an image
    expect(rowsOf(replicatePad(x, 1))).toEqual(padded);
    expect(rowsOf(replicatePad(image([[7]]), 2))).toEqual(Array(5).fill(Array(5).fill(7)));
    expect(rowsOf(replicatePad(x, 0))).toEqual(rowsOf(x));
  });

  it('has the right gradient', () => {
    const error = gradientError((x) => replicatePad(x as tf.Tensor4D, 2), [randomTensor([2, 3, 4, 2])]);
    expect(error).toBeLessThan(1e-3);
  });

  it('leaves nothing behind', async () => {
    const x = randomTensor<tf.Rank.R4>([2, 3, 4, 2]);
    await expectNoLeak(() => {
      for (const border of [0, 1]) replicatePad(x, border).dispose();
      tf.tidy(() => void tf.grad((y: tf.Tensor) => replicatePad(y as tf.Tensor4D, 1))(x));
    });
  });

  it('says which rule was broken', () => {
    expect(() => replicatePad(tf.zeros([1, 2, 2, 1]), -1)).toThrow(/whole number of at least 0, got -1/);
    expect(() => replicatePad(tf.zeros([1, 2, 2, 1]), 0.5)).toThrow(/whole number of at least 0, got 0.5/);
  });
});
