import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { ConvolutionBlock, convolutionBlock } from './convolution-block.ts';

describeOnBackends('convolutionBlock', () => {
  const run = (...t: tf.Tensor[]): tf.Tensor4D =>
    convolutionBlock(t[0] as tf.Tensor4D, {
      conv: { weight: t[1] as tf.Tensor4D, bias: t[2] as tf.Tensor1D },
      norm: {
        weight: t[3] as tf.Tensor1D,
        bias: t[4] as tf.Tensor1D,
        running_mean: t[5] as tf.Tensor1D,
        running_var: t[6] as tf.Tensor1D,
      },
    });
  const tensors = (): tf.Tensor[] => [
    randomTensor([2, 4, 4, 2], 1),
    randomTensor([3, 3, 2, 3], 2),
    randomTensor([3], 3),
    randomTensor([3], 4),
    tf.tensor1d([20, -20, 20]), // both sides of the leaky ReLU, away from its kink
    randomTensor([3], 6),
    tf.add(tf.abs(randomTensor([3], 7)), 1),
  ];

  it('is convolution, normalisation by the running statistics and leaky ReLU', () => {
    const t = tensors();
    t[4] = randomTensor([3], 5);
    const h = tf.add(tf.conv2d(t[0] as tf.Tensor4D, t[1] as tf.Tensor4D, 1, 'same'), t[2]!);
    const normal = tf.div(tf.sub(h, t[5]!), tf.sqrt(tf.add(t[6]!, 1e-5)));
    const expected = tf.leakyRelu(tf.add(tf.mul(normal, t[3]!), t[4]!), 0.01);
    expect(relativeError(run(...t).dataSync(), expected.dataSync())).toBeLessThan(1e-5);
  });

  it('has the gradient of finite differences in every weight and input', () => {
    expect(gradientError(run, tensors(), { step: 2e-2 })).toBeLessThan(1e-3);
  });

  const built = (): ConvolutionBlock => {
    const layer = new ConvolutionBlock({ channels: 3, seed: 1 });
    layer.build([2, 4, 4, 2]);
    return layer;
  };

  it('normalises by the batch in training and has the gradient of that', () => {
    const layer = built();
    const shifted = tf.tensor1d([20, 20, 20]); // away from the kink: what comes out is the normalised map plus 20
    layer.weights.find((w) => w.originalName.endsWith('norm.bias'))!.write(shifted);
    const train = (x: tf.Tensor): tf.Tensor => layer.apply(x, { training: true }) as tf.Tensor;
    const { mean, variance } = tf.moments(train(randomTensor([2, 4, 4, 2], 3)), [0, 1, 2]);
    expect(relativeError(mean.dataSync(), [20, 20, 20])).toBeLessThan(1e-5);
    expect(relativeError(variance.dataSync(), [1, 1, 1])).toBeLessThan(1e-3);
    expect(gradientError(train, [randomTensor([2, 4, 4, 2], 3)])).toBeLessThan(2e-3);
  });

  it('moves its statistics a tenth towards the batch, in training alone', () => {
    const layer = built();
    const x = randomTensor<tf.Rank.R4>([2, 4, 4, 2], 3);
    const value = (name: string): Float32Array =>
      layer.weights
        .find((w) => w.originalName.endsWith(name))!
        .read()
        .dataSync()
        .slice() as Float32Array;
    layer.apply(x);
    expect([...value('running_mean')]).toEqual([0, 0, 0]);
    const h = tf.conv2d(x, layer.getWeights()[0] as tf.Tensor4D, 1, 'same');
    const { mean, variance } = tf.moments(h, [0, 1, 2]);
    layer.apply(x, { training: true });
    expect(relativeError(value('running_mean'), tf.mul(mean, 0.1).dataSync())).toBeLessThan(1e-5);
    const unbiased = tf.add(tf.mul(variance, (0.1 * 32) / 31), 0.9);
    expect(relativeError(value('running_var'), unbiased.dataSync())).toBeLessThan(1e-5);
  });

  it('counts its statistics as state and leaves no tensor behind', async () => {
    const layer = built();
    expect([layer.trainableWeights.length, layer.nonTrainableWeights.length]).toEqual([4, 2]);
    const x = randomTensor([2, 4, 4, 2]);
    await expectNoLeak(() => {
      tf.dispose(layer.apply(x, { training: true }) as tf.Tensor);
      tf.dispose(layer.apply(x) as tf.Tensor);
    });
  });
});
