import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { Convolution } from './convolution.ts';

describeOnBackends('Convolution', () => {
  it('pads alike on every side when it strides, as PyTorch does', () => {
    const layer = new Convolution({ channels: 3, size: 3, strides: 2, seed: 1 });
    const x = randomTensor<tf.Rank.R4>([2, 6, 8, 2]);
    const y = layer.apply(x) as tf.Tensor;
    const [filter, bias] = layer.getWeights() as [tf.Tensor4D, tf.Tensor1D];
    const everywhere = tf.add(tf.conv2d(x, filter, 1, 'same'), bias);
    const expected = tf.stridedSlice(everywhere, [0, 0, 0, 0], [2, 6, 8, 3], [1, 2, 2, 1]);
    expect(y.shape).toEqual(layer.computeOutputShape([2, 6, 8, 2]));
    expect(relativeError(y.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
  });

  it('has the gradient of finite differences', () => {
    const layer = new Convolution({ channels: 3, size: 3, strides: 2, seed: 1 });
    expect(gradientError((x) => layer.apply(x) as tf.Tensor, [randomTensor([2, 6, 4, 2])])).toBeLessThan(1e-3);
  });

  it('goes without a bias, and starts normal where asked', () => {
    const layer = new Convolution({ channels: 32, size: 3, bias: false, deviation: 0.5, seed: 1 });
    layer.build([1, 4, 4, 16]);
    const values = layer.getWeights()[0]!;
    expect(layer.weights.length).toBe(1);
    const { mean, variance } = tf.moments(values);
    expect(Math.abs(mean.dataSync()[0]!)).toBeLessThan(0.03);
    expect(Math.sqrt(variance.dataSync()[0]!)).toBeCloseTo(0.5, 1);
  });

  it('refuses an even size', () => {
    expect(() => new Convolution({ channels: 1, size: 2 }).apply(randomTensor([1, 4, 4, 1]))).toThrow(/odd, got 2/);
  });
});
