import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { DynamicFFParser } from './dynamic-ff-parser.ts';
import { FFParser } from './ff-parser.ts';

const options = { patchSize: 2, heads: 2, headChannels: 3, depth: 1, seed: 1 };

describeOnBackends('DynamicFFParser', () => {
  const inputs = (): [tf.Tensor4D, tf.Tensor4D] => [randomTensor([2, 4, 6, 4], 1), randomTensor([2, 4, 6, 4], 2)];
  const awake = (): DynamicFFParser => {
    const layer = new DynamicFFParser(options);
    layer.apply(inputs());
    layer.setWeights(layer.getWeights().map((weight, i) => tf.mul(randomTensor(weight.shape as [number], i + 3), 0.3)));
    return layer;
  };

  it('is the learned map alone as it starts', () => {
    const [x, c] = inputs();
    const map = randomTensor<tf.Rank.R3>([4, 6, 4], 9);
    const dynamic = new DynamicFFParser(options);
    dynamic.apply([x, c]);
    dynamic.setWeights([map, ...dynamic.getWeights().slice(1)]);
    const fixed = new FFParser({});
    fixed.apply(x);
    fixed.setWeights([map]);
    const error = relativeError(
      (dynamic.apply([x, c]) as tf.Tensor).dataSync(),
      (fixed.apply(x) as tf.Tensor).dataSync(),
    );
    expect(error).toBeLessThan(1e-5);
  });

  it('reads the condition too, each image by itself', () => {
    const layer = awake();
    const [x, c] = inputs();
    const whole = layer.apply([x, c]) as tf.Tensor4D;
    const other = layer.apply([x, tf.mul(c, tf.tensor4d([1, 3], [2, 1, 1, 1]))]) as tf.Tensor4D;
    const [first, second] = tf.split(whole, 2) as [tf.Tensor4D, tf.Tensor4D];
    const [sameFirst, otherSecond] = tf.split(other, 2) as [tf.Tensor4D, tf.Tensor4D];
    expect(relativeError(sameFirst.dataSync(), first.dataSync())).toBeLessThan(1e-5);
    expect(relativeError(otherSecond.dataSync(), second.dataSync())).toBeGreaterThan(1e-3);
  });

  it('has the gradient of finite differences in both inputs', () => {
    const layer = awake();
    const error = gradientError((...t) => layer.apply(t) as tf.Tensor, inputs(), { step: 5e-3, samples: 12 });
    expect(error).toBeLessThan(3e-3);
  });

  it('refuses patches that do not divide the features, and features of another size', () => {
    expect(() => new DynamicFFParser({ ...options, patchSize: 4 }).apply(inputs())).toThrow(
      /patchSize must divide height and width of the features, got 4 for 4x6/,
    );
    const layer = awake();
    expect(() => layer.apply([randomTensor([1, 6, 6, 4]), randomTensor([1, 6, 6, 4])])).toThrow(
      /built for 4x6 features, got 6x6/,
    );
  });
});
