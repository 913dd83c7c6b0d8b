import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { UnshuffleDownsample, UpsampleConvolution } from './rescaling-convolution.ts';

describeOnBackends('UnshuffleDownsample', () => {
  it('maps each 2x2 block by itself, in the channel order of PyTorch', () => {
    const layer = new UnshuffleDownsample({ channels: 8 });
    const x = randomTensor<tf.Rank.R4>([2, 4, 6, 2]);
    layer.build(x.shape);
    layer.setWeights([tf.reshape(tf.eye(8), [1, 1, 8, 8]), tf.zeros([8])]);
    const y = (layer.apply(x) as tf.Tensor4D).arraySync();
    const source = x.arraySync();
    for (let c = 0; c < 2; c++) {
      for (const [i, j] of [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ] as const) {
        expect(y[1]![1]![2]![4 * c + 2 * i + j]).toBeCloseTo(source[1]![2 + i]![4 + j]![c]!, 5);
      }
    }
  });

  it('has the gradient of finite differences in its input', () => {
    const layer = new UnshuffleDownsample({ channels: 3, seed: 1 });
    const error = gradientError((x) => layer.apply(x) as tf.Tensor, [randomTensor([2, 4, 2, 2], 1)]);
    expect(error).toBeLessThan(1e-3);
  });

  it('refuses odd sizes', () => {
    expect(() => new UnshuffleDownsample({ channels: 2 }).apply(randomTensor([1, 5, 4, 2]))).toThrow(
      /must be even, got 5x4/,
    );
  });
});

describeOnBackends('UpsampleConvolution', () => {
  it('repeats each pixel where the kernel is its centre', () => {
    const layer = new UpsampleConvolution({ channels: 2 });
    const x = randomTensor<tf.Rank.R4>([2, 3, 2, 2]);
    layer.build(x.shape);
    const kernel = tf.pad4d(tf.reshape(tf.eye(2), [1, 1, 2, 2]) as tf.Tensor4D, [
      [1, 1],
      [1, 1],
      [0, 0],
      [0, 0],
    ]);
    layer.setWeights([kernel, tf.zeros([2])]);
    const y = layer.apply(x) as tf.Tensor4D;
    const picked = tf.stridedSlice(y, [0, 1, 1, 0], [2, 6, 4, 2], [1, 2, 2, 1]);
    expect(relativeError(picked.dataSync(), x.dataSync())).toBeLessThan(1e-5);
  });

  it('has the gradient of finite differences in its input', () => {
    const layer = new UpsampleConvolution({ channels: 3, seed: 1 });
    expect(gradientError((x) => layer.apply(x) as tf.Tensor, [randomTensor([2, 2, 3, 2], 1)])).toBeLessThan(1e-3);
  });
});
