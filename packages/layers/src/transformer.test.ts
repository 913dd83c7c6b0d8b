import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { gelu } from './gelu.ts';
import { feedForward, Transformer } from './transformer.ts';

describeOnBackends('gelu', () => {
  it('has the values of x Φ(x)', () => {
    // Φ(1) = 0.8413447461, Φ(-2) = 0.0227501319, Φ(0.5) = 0.6914624613
    const y = gelu(tf.tensor1d([0, 1, -2, 0.5, 6])).dataSync();
    expect(relativeError(y, [0, 0.8413447461, -0.0455002639, 0.3457312306, 6])).toBeLessThan(1e-6);
  });

  it('has the gradient of finite differences', () => {
    expect(gradientError((x) => gelu(x), [randomTensor([12], 3)])).toBeLessThan(1e-3);
  });
});

describeOnBackends('transformer', () => {
  it('has the gradient of finite differences in its feed-forward', () => {
    const run = (...t: tf.Tensor[]): tf.Tensor =>
      feedForward(t[0] as tf.Tensor4D, {
        norm: { weight: t[1] as tf.Tensor1D },
        conv1: { weight: t[2] as tf.Tensor4D, bias: t[3] as tf.Tensor1D },
        conv2: { weight: t[4] as tf.Tensor4D, bias: t[5] as tf.Tensor1D },
      });
    const shapes = [[2, 2, 3, 4], [4], [1, 1, 4, 16], [16], [1, 1, 16, 4], [4]];
    const tensors = shapes.map((shape, i) => tf.mul(randomTensor(shape as [number], i + 1), 0.7));
    expect(gradientError(run, tensors, { step: 5e-3 })).toBeLessThan(2e-3);
  });

  it('does not mind where a pixel stands', () => {
    const layer = new Transformer({ heads: 2, headChannels: 3, depth: 2, seed: 1 });
    const x = randomTensor<tf.Rank.R4>([2, 3, 4, 8]);
    const flipped = tf.reverse(layer.apply(tf.reverse(x, [1, 2])) as tf.Tensor, [1, 2]);
    expect(relativeError(flipped.dataSync(), (layer.apply(x) as tf.Tensor).dataSync())).toBeLessThan(1e-5);
  });

  it('is the identity at depth 0 and refuses another than a whole depth', () => {
    const x = randomTensor<tf.Rank.R4>([1, 2, 2, 8]);
    const none = new Transformer({ heads: 2, headChannels: 3, depth: 0 });
    expect([...(none.apply(x) as tf.Tensor).dataSync()]).toEqual([...x.dataSync()]);
    const half = new Transformer({ heads: 2, headChannels: 3, depth: 0.5 });
    expect(() => half.apply(x)).toThrow(/depth must be a whole number, got 0.5/);
  });
});
