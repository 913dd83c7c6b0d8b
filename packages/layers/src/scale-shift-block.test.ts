import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { ScaleShiftBlock, scaleShiftBlock } from './scale-shift-block.ts';

describeOnBackends('scaleShiftBlock', () => {
  const affine = (weight: tf.Tensor, bias: tf.Tensor): { weight: tf.Tensor1D; bias: tf.Tensor1D } => ({
    weight: weight as tf.Tensor1D,
    bias: bias as tf.Tensor1D,
  });
  const conv = (weight: tf.Tensor, bias: tf.Tensor): { weight: tf.Tensor4D; bias: tf.Tensor1D } => ({
    weight: weight as tf.Tensor4D,
    bias: bias as tf.Tensor1D,
  });
  const run = (...t: tf.Tensor[]): tf.Tensor4D =>
    scaleShiftBlock(
      t[0] as tf.Tensor4D,
      t[1] as tf.Tensor2D,
      {
        time: { weight: t[2] as tf.Tensor2D, bias: t[3] as tf.Tensor1D },
        conv1: conv(t[4]!, t[5]!),
        norm1: affine(t[6]!, t[7]!),
        conv2: conv(t[8]!, t[9]!),
        norm2: affine(t[10]!, t[11]!),
        skip: conv(t[12]!, t[13]!),
      },
      { groups: 2 },
    );
  const tensors = (): tf.Tensor[] =>
    (
      [
        [2, 3, 4, 3],
        [2, 5],
        [5, 8],
        [8],
        [3, 3, 3, 4],
        [4],
        [4],
        [4],
        [3, 3, 4, 4],
        [4],
        [4],
        [4],
        [1, 1, 3, 4],
        [4],
      ] as const
    ).map((shape, i) => tf.mul(randomTensor(shape as unknown as [number], i + 1), 0.6));

  it('has the gradient of finite differences in every weight and input', () => {
    expect(gradientError(run, tensors(), { step: 5e-3, samples: 12 })).toBeLessThan(2e-3);
  });

  it('is its shortcut where both normalisations are scaled and shifted to nothing', () => {
    const t = tensors();
    for (const i of [10, 11]) t[i] = tf.zeros([4]);
    const shortcut = tf.add(tf.conv2d(t[0] as tf.Tensor4D, t[12] as tf.Tensor4D, 1, 'same'), t[13]!);
    expect(relativeError(run(...t).dataSync(), shortcut.dataSync())).toBeLessThan(1e-5);
  });

  it('takes its scale and shift from the time embedding', () => {
    const t = tensors();
    const constant = run(t[0]!, t[1]!, tf.zeros([5, 8]), ...t.slice(3)).dataSync();
    const other = run(t[0]!, tf.mul(t[1]!, 3), tf.zeros([5, 8]), ...t.slice(3)).dataSync();
    expect([...other]).toEqual([...constant]);
    expect(relativeError(run(...t).dataSync(), constant)).toBeGreaterThan(1e-2);
  });

  it('refuses channels that the groups do not divide', () => {
    const layer = new ScaleShiftBlock({ channels: 6, groups: 4 });
    expect(() => layer.apply(randomTensor([1, 4, 4, 2]))).toThrow(/multiple of groups, got 6 channels in 4 groups/);
  });
});
