import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { FFParser, ffParser } from './ff-parser.ts';

describeOnBackends('ffParser', () => {
  it('is the identity as it starts', () => {
    const x = randomTensor<tf.Rank.R4>([2, 6, 5, 3]);
    const layer = new FFParser({});
    expect(relativeError((layer.apply(x) as tf.Tensor).dataSync(), x.dataSync())).toBeLessThan(1e-5);
  });

  it('gives the mean of each channel when only the zero frequency passes', () => {
    const x = randomTensor<tf.Rank.R4>([2, 4, 6, 2]);
    const map = tf.buffer([4, 6, 2]);
    map.set(1, 0, 0, 0);
    map.set(1, 0, 0, 1);
    const expected = tf.broadcastTo(tf.mean(x, [1, 2], true), x.shape);
    const actual = ffParser(x, { map: map.toTensor() as tf.Tensor3D });
    expect(relativeError(actual.dataSync(), expected.dataSync())).toBeLessThan(1e-4);
  });

  it('has the gradient of finite differences in features and map', () => {
    const error = gradientError(
      (x, map) => ffParser(x as tf.Tensor4D, { map: map as tf.Tensor3D }),
      [randomTensor([2, 4, 6, 3], 1), randomTensor([4, 6, 3], 2)],
    );
    expect(error).toBeLessThan(1e-3);
  });

  it('refuses features of another size than it was built for', () => {
    const layer = new FFParser({});
    layer.apply(randomTensor([1, 8, 8, 2]));
    expect(() => layer.apply(randomTensor([1, 6, 8, 2]))).toThrow(/built for 8x8 features, got 6x8/);
  });
});

describeOnBackends('FFParser with a fixed map', () => {
  it('damps each frequency by the Gaussian, and learns nothing', () => {
    const [height, width, cutoff] = [6, 8, 0.2];
    const wave = (v: number, u: number): tf.Tensor4D =>
      tf.tensor4d(
        Array.from({ length: height * width }, (_, i) =>
          Math.cos(2 * Math.PI * ((v * Math.floor(i / width)) / height + (u * (i % width)) / width)),
        ),
        [1, height, width, 1],
      );
    const layer = new FFParser({ cutoff });
    for (const [v, u] of [
      [0, 0],
      [1, 0],
      [0, 3],
      [2, 1],
    ] as const) {
      const x = wave(v, u);
      const damping = Math.exp(-((v / height) ** 2 + (u / width) ** 2) / (2 * cutoff * cutoff));
      const expected = tf.mul(x, damping).dataSync();
      expect(relativeError((layer.apply(x) as tf.Tensor).dataSync(), expected)).toBeLessThan(1e-4);
    }
    expect(layer.trainableWeights).toEqual([]);
    expect(layer.weights).toHaveLength(1);
  });
});
