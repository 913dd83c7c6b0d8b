import { describeOnBackends, expectNoLeak, gradientError, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { pixelShuffle, pixelUnshuffle } from './pixel-shuffle.ts';
import { averagePool, upsampleNearest } from './resample.ts';

const row = (...values: number[]): tf.Tensor4D => tf.tensor4d(values, [1, 1, values.length, 1]);
type Resampler = (x: tf.Tensor4D, factor: number) => tf.Tensor4D;

describeOnBackends('resampling', () => {
  it('repeats pixels', () => {
    expect(Array.from(upsampleNearest(row(1, 2), 2).dataSync())).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  });

  it('averages squares', () => {
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 4, 1]);
    expect(Array.from(averagePool(x, 2).dataSync())).toEqual([3.5, 5.5]);
  });

  it('shuffles pixels in the channel order of PyTorch', () => {
    // torch.nn.PixelShuffle(2) on channels 0..7: two output channels of four each.
    const x = tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7], [1, 1, 1, 8]);
    expect(pixelShuffle(x, 2).arraySync()).toEqual([[[[0, 4], [1, 5]], [[2, 6], [3, 7]]]]); // biome-ignore format: an image
  });

  it.each<[string, Resampler, Resampler]>([
    ['pixelUnshuffle', pixelShuffle, pixelUnshuffle],
    ['averagePool', upsampleNearest, averagePool],
  ])('%s undoes its opposite', (_name, there, back) => {
    const x = randomTensor<tf.Rank.R4>([2, 3, 5, 18]);
    const error = tf.max(tf.abs(tf.sub(back(there(x, 3), 3), x))).dataSync()[0]!;
    expect(error).toBeLessThan(1e-6);
  });

  it.each<[string, Resampler, [number, number, number, number], number]>([
    ['upsampleNearest', upsampleNearest, [2, 3, 4, 3], 2],
    ['upsampleNearest', upsampleNearest, [3, 2, 1, 8], 3],
    ['averagePool', averagePool, [2, 6, 4, 3], 2],
    ['averagePool', averagePool, [3, 3, 6, 8], 3],
    ['pixelShuffle', pixelShuffle, [2, 3, 2, 8], 2],
    ['pixelUnshuffle', pixelUnshuffle, [2, 6, 4, 3], 2],
  ])('%s has the right gradient', (_name, f, shape, factor) => {
    expect(gradientError((x) => f(x as tf.Tensor4D, factor), [randomTensor(shape)])).toBeLessThan(1e-3);
  });

  it('leaves nothing behind', async () => {
    const x = randomTensor<tf.Rank.R4>([2, 4, 4, 4]);
    await expectNoLeak(() => {
      for (const f of [upsampleNearest, averagePool, pixelShuffle, pixelUnshuffle]) {
        tf.tidy(() => void tf.grad((y: tf.Tensor) => f(y as tf.Tensor4D, 2))(x));
        f(x, 2).dispose();
      }
    });
  });

  it('says which rule was broken', () => {
    const x = tf.zeros<tf.Rank.R4>([1, 3, 4, 3]);
    expect(() => averagePool(x, 2)).toThrow(/averagePool.*got 2 for 3x4/);
    expect(() => pixelUnshuffle(x, 2)).toThrow(/pixelUnshuffle.*got 2 for 3x4/);
    expect(() => pixelShuffle(x, 2)).toThrow(/divide the channels, got 2 for 3/);
    expect(() => upsampleNearest(x, 0.5)).toThrow(/whole number of at least 1, got 0.5/);
  });
});
