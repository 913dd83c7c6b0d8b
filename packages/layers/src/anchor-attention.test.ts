import { describeOnBackends, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { AnchorAttention, anchorAttention, gaussianBlur } from './anchor-attention.ts';

describeOnBackends('anchorAttention', () => {
  it('blurs by a Gaussian of the given deviation', () => {
    const x = tf.buffer([1, 9, 9, 2]);
    x.set(1, 0, 4, 4, 0);
    x.set(1, 0, 4, 4, 1);
    const deviations = [0.7, 1.3];
    const blurred = gaussianBlur(x.toTensor() as tf.Tensor4D, tf.log(tf.tensor1d(deviations)), 5).arraySync();
    deviations.forEach((deviation, channel) => {
      const bell = [-2, -1, 0, 1, 2].map((d) => Math.exp((-d * d) / (2 * deviation * deviation)));
      const sum = bell.reduce((a, b) => a + b, 0);
      for (let i = 0; i < 5; i++) {
        for (let j = 0; j < 5; j++) {
          expect(blurred[0]![i + 2]![j + 2]![channel]).toBeCloseTo((bell[i]! * bell[j]!) / sum ** 2, 5);
        }
      }
    });
  });

  it('blurs by a Gaussian around the given mean', () => {
    const x = tf.buffer([1, 9, 9, 2]);
    x.set(1, 0, 4, 4, 0);
    x.set(1, 0, 4, 4, 1);
    const [down, right] = [
      [0.4, -1],
      [-0.7, 2],
    ];
    const deviation = 0.8;
    const blurred = gaussianBlur(x.toTensor(), tf.fill([2], Math.log(deviation)), 5, tf.tensor2d([down!, right!]));
    const values = blurred.arraySync();
    for (const channel of [0, 1]) {
      const [vertical, horizontal] = [down, right].map((mean) => {
        const bell = [-2, -1, 0, 1, 2].map((d) => Math.exp(-((d - mean![channel]!) ** 2) / (2 * deviation ** 2)));
        const sum = bell.reduce((a, b) => a + b, 0);
        return bell.map((value) => value / sum);
      });
      // The pixel at offset (i, j) from the point sees it at (-i, -j).
      for (let i = -2; i <= 2; i++) {
        for (let j = -2; j <= 2; j++) {
          expect(values[0]![4 + i]![4 + j]![channel]).toBeCloseTo(vertical![2 - i]! * horizontal![2 - j]!, 5);
        }
      }
    }
  });

  it('starts with a learned mean as without one', () => {
    const inputs = [randomTensor([1, 4, 4, 2]), randomTensor([1, 4, 4, 3])];
    const run = (learnedMean: boolean): Float32Array =>
      (new AnchorAttention({ name: 'anchor', learnedMean, seed: 1 }).apply(inputs) as tf.Tensor).dataSync<'float32'>();
    expect(relativeError(run(true), run(false))).toBeLessThan(1e-6);
  });

  it('has the gradient of finite differences in every weight and input', () => {
    const error = gradientError(
      (h, anchor, logDeviation, weight, bias, mean) =>
        anchorAttention(
          h as tf.Tensor4D,
          anchor as tf.Tensor4D,
          {
            logDeviation: logDeviation as tf.Tensor1D,
            mean: mean as tf.Tensor2D,
            gate: { weight: weight as tf.Tensor4D, bias: bias as tf.Tensor1D },
          },
          { size: 3 },
        ),
      [
        randomTensor([2, 4, 3, 2], 1),
        tf.mul(randomTensor([2, 4, 3, 2], 2), 2),
        randomTensor([2], 3),
        randomTensor([1, 1, 2, 1], 4),
        randomTensor([1], 5),
        randomTensor([2, 2], 6),
      ],
      { step: 2e-3 },
    );
    expect(error).toBeLessThan(3e-3);
  });

  it('doubles what the anchor is sure of and keeps the rest', () => {
    const h = randomTensor<tf.Rank.R4>([1, 4, 4, 3]);
    const weights = {
      logDeviation: tf.tensor1d([-20]), // a point: no blur
      gate: { weight: tf.tensor4d([100], [1, 1, 1, 1]), bias: tf.tensor1d([-50]) },
    };
    const anchor = tf.tensor4d([1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0], [1, 4, 4, 1]);
    const expected = tf.mul(h, tf.add(anchor, 1));
    expect(
      relativeError(anchorAttention(h, anchor, weights, { size: 3 }).dataSync(), expected.dataSync()),
    ).toBeLessThan(1e-5);
  });

  it('refuses maps of two sizes and an even kernel', () => {
    const [small, large] = [randomTensor([1, 4, 4, 2]), randomTensor([1, 8, 8, 2])];
    expect(() => new AnchorAttention({}).apply([small, large])).toThrow(/one size, got 4x4 and 8x8/);
    expect(() => new AnchorAttention({ size: 4 }).apply([small, small])).toThrow(/size must be odd, got 4/);
  });
});
