import { describeOnBackends, expectNoLeak, gradientError, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { ResidualBlock, residualBlock } from './residual-block.ts';

describeOnBackends('residualBlock', () => {
  const tensors = (): tf.Tensor[] => [
    randomTensor([2, 5, 4, 6], 1), // x
    randomTensor([2, 3], 2), // time
    randomTensor([6], 3), // norm1.weight
    randomTensor([6], 4), // norm1.bias
    tf.mul(randomTensor([3, 3, 6, 4], 5), 0.3), // conv1.weight
    randomTensor([4], 6), // conv1.bias
    randomTensor([3, 8], 7), // time.weight
    randomTensor([8], 8), // time.bias
    randomTensor([4], 9), // norm2.weight
    randomTensor([4], 10), // norm2.bias
    tf.mul(randomTensor([3, 3, 4, 4], 11), 0.3), // conv2.weight
    randomTensor([4], 12), // conv2.bias
    randomTensor([1, 1, 6, 4], 13), // skip.weight
    randomTensor([4], 14), // skip.bias
  ];
  const run = (...t: tf.Tensor[]): tf.Tensor4D => {
    const pair = (i: number): { weight: never; bias: never } => ({ weight: t[i] as never, bias: t[i + 1] as never });
    const weights = { norm1: pair(2), conv1: pair(4), time: pair(6), norm2: pair(8), conv2: pair(10), skip: pair(12) };
    return residualBlock(t[0] as tf.Tensor4D, t[1] as tf.Tensor2D, weights, { groups: 2 });
  };

  it('has the gradient of finite differences in every weight and input', () => {
    expect(gradientError(run, tensors())).toBeLessThan(1e-3);
  });

  it('does nothing but the shortcut when the second convolution is zero', () => {
    const t = tensors();
    t[10] = tf.zeros([3, 3, 4, 4]);
    t[11] = tf.zeros([4]);
    const expected = tf.add(tf.conv2d(t[0] as tf.Tensor4D, t[12] as tf.Tensor4D, 1, 'same'), t[13]!);
    const difference = tf.max(tf.abs(tf.sub(run(...t), expected))).dataSync()[0]!;
    expect(difference).toBeLessThan(1e-5);
  });

  it('leaves no tensor behind', async () => {
    const layer = new ResidualBlock({ channels: 4, groups: 2 });
    const x = randomTensor([2, 4, 4, 6]);
    await expectNoLeak(() => tf.dispose(layer.apply(x) as tf.Tensor));
  });

  it('refuses channels that the groups do not divide', () => {
    const layer = new ResidualBlock({ channels: 6, groups: 4 });
    expect(() => layer.apply(randomTensor([1, 4, 4, 8]))).toThrow(/multiple of groups, got 6 channels in 4 groups/);
  });

  it.each(['up', 'down'] as const)('adds the time and goes %s with the right gradient', (resample) => {
    const t = tensors();
    const dense = {
      weight: randomTensor<tf.Rank.R2>([(t[1] as tf.Tensor2D).shape[1], 4], 20),
      bias: tf.zeros<tf.Rank.R1>([4]),
    };
    const pair = (i: number): { weight: never; bias: never } => ({ weight: t[i] as never, bias: t[i + 1] as never });
    const f = (x: tf.Tensor, time: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
      residualBlock(
        x as tf.Tensor4D,
        time as tf.Tensor2D,
        {
          norm1: pair(2),
          conv1: pair(4),
          time: { ...dense, weight: weight as tf.Tensor2D },
          norm2: pair(8),
          conv2: pair(10),
          skip: pair(12),
        },
        { groups: 2, time: 'add', resample },
      );
    expect(gradientError(f, [randomTensor([2, 8, 4, 6], 1), t[1]!, dense.weight], { step: 2e-2 })).toBeLessThan(1e-3);
  });

  it('resamples its shortcut too', () => {
    const x = randomTensor<tf.Rank.R4>([1, 4, 4, 2]);
    const layer = new ResidualBlock({ channels: 2, groups: 2, resample: 'down', zero: true });
    const expected = tf.avgPool(x, 2, 2, 'valid');
    const y = layer.apply(x) as tf.Tensor;
    expect(tf.max(tf.abs(tf.sub(y, expected))).dataSync()[0]).toBeLessThan(1e-6);
    expect(() =>
      new ResidualBlock({ channels: 2, groups: 2, resample: 'down' }).apply(randomTensor([1, 3, 4, 2])),
    ).toThrow(/even to be halved, got 3x4/);
  });
});
