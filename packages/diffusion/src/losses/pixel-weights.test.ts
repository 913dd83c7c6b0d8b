import { describeOnBackends, expectNoLeak, gradientError, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { linearSchedule } from '../schedule.ts';
import { calibrationLoss } from './calibration.ts';
import { crossEntropyLoss } from './cross-entropy.ts';
import { diceLoss } from './dice.ts';
import { hybridLoss } from './hybrid.ts';
import { mseLoss } from './mse.ts';

const [height, width] = [3, 4];
/** Columns that count: all but the last. */
const kept = width - 1;
type Loss = (z: tf.Tensor4D, y: tf.Tensor4D, pixelWeights?: tf.Tensor4D) => tf.Scalar;

/** Weights of 0 in the last column of each of `count` images. */
function withoutLastColumn(count: number): tf.Tensor4D {
  const weights = Float32Array.from({ length: count * height * width }, (_, i) => (i % width < kept ? 1 : 0));
  return tf.tensor4d(weights, [count, height, width, 1]);
}

const largest = (x: tf.Tensor): number => Math.max(...tf.abs(x).dataSync());
const columns = (x: tf.Tensor4D, from: number, count: number): tf.Tensor4D =>
  tf.slice(x, [0, 0, from, 0], [-1, -1, count, -1]);

describeOnBackends('pixel weights', () => {
  const random = (channels: number, seed: number): tf.Tensor4D =>
    randomTensor<tf.Rank.R4>([2, height, width, channels], seed);
  const target = (channels: number): tf.Tensor4D => tf.sigmoid(random(channels, 4));
  const schedule = linearSchedule({ steps: 100 });
  const losses: Record<string, [loss: Loss, outputChannels: number]> = {
    Dice: [(z, y, pixelWeights) => diceLoss(z, y, { pixelWeights }), 2],
    'Dice over the batch': [(z, y, pixelWeights) => diceLoss(z, y, { pixelWeights, overBatch: true }), 2],
    'Dice of exclusive classes': [(z, y, pixelWeights) => diceLoss(z, y, { pixelWeights, activation: 'softmax' }), 2],
    'cross-entropy': [(z, y, pixelWeights) => crossEntropyLoss(z, y, { pixelWeights }), 2],
    'cross-entropy of exclusive classes': [
      (z, y, pixelWeights) => crossEntropyLoss(z, y, { pixelWeights, activation: 'softmax' }),
      2,
    ],
    'mean squared error': [(z, y, pixelWeights) => mseLoss(z, y, { pixelWeights }), 2],
    'weighted mean squared error': [(z, y, pixelWeights) => mseLoss(z, y, { pixelWeights, weights: [3, 0.5] }), 2],
    calibration: [(z, y, pixelWeights) => calibrationLoss(z, y, { pixelWeights }), 2],
    // The noise is the truth, so that it is cut where the truth is.
    'hybrid loss': [(z, y, pixelWeights) => hybridLoss(schedule, z, y, y, y, [0, 60], { pixelWeights }), 4],
  };

  describeEach('%s is that of the other pixels only, and so is its gradient', (loss, outputs) => {
    const [z, y] = [random(outputs, 3), target(2)];
    const weights = withoutLastColumn(2);
    const rest = (tensor: tf.Tensor4D): tf.Tensor4D => columns(tensor, 0, kept);
    expect(loss(z, y, weights).dataSync()[0]).toBeCloseTo(loss(rest(z), rest(y)).dataSync()[0]!, 5);
    const slope = tf.grad((value) => loss(value as tf.Tensor4D, y, weights))(z) as tf.Tensor4D;
    const expected = tf.grad((value) => loss(value as tf.Tensor4D, rest(y)))(rest(z)) as tf.Tensor4D;
    expect(largest(columns(slope, kept, 1))).toBe(0);
    expect(largest(tf.sub(rest(slope), expected))).toBeLessThan(1e-6);
  });

  describeEach('%s does not see what the truth is in pixels that do not count', (loss, outputs) => {
    const [z, y, weights] = [random(outputs, 3), target(2), withoutLastColumn(2)];
    const other = tf.concat([columns(y, 0, kept), tf.sub(1, columns(y, kept, 1))], 2) as tf.Tensor4D;
    expect(loss(z, other, weights).dataSync()).toEqual(loss(z, y, weights).dataSync());
  });

  describeEach('%s with weights of 1 is the one without, and 0 for weights of 0', (loss, outputs) => {
    const [z, y] = [random(outputs, 3), target(2)];
    expect(loss(z, y, tf.ones([2, height, width, 1])).dataSync()[0]).toBeCloseTo(loss(z, y).dataSync()[0]!, 5);
    const none = tf.zeros<tf.Rank.R4>([2, height, width, 1]);
    expect(loss(z, y, none).dataSync()[0]).toBeCloseTo(0, 6);
    const slope = tf.grad((value) => loss(value as tf.Tensor4D, y, none))(z);
    expect(largest(slope)).toBe(0);
  });

  it('gradients agree with finite differences where weights are fractions, and nothing leaks', async () => {
    const [z, y] = [random(2, 3), target(2)];
    const pixelWeights = tf.relu(random(1, 8));
    for (const activation of ['sigmoid', 'softmax'] as const) {
      const of =
        (loss: typeof diceLoss | typeof crossEntropyLoss) =>
        (x: tf.Tensor): tf.Scalar =>
          loss(x as tf.Tensor4D, y, { activation, pixelWeights });
      expect(gradientError(of(diceLoss), [z])).toBeLessThan(1e-3);
      expect(gradientError(of(crossEntropyLoss), [z])).toBeLessThan(1e-3);
    }
    expect(gradientError((x) => mseLoss(x as tf.Tensor4D, y, { pixelWeights }), [z])).toBeLessThan(1e-3);
    await expectNoLeak(() => {
      for (const [loss, outputs] of Object.values(losses)) {
        tf.tidy(() => void loss(random(outputs, 3), y, pixelWeights));
      }
    });
  });

  it('refuses weights of another shape', () => {
    const [z, y] = [random(2, 3), target(2)];
    expect(() => mseLoss(z, y, { pixelWeights: tf.ones([2, height, width, 2]) })).toThrow(
      'mseLoss: pixelWeights must have the shape [2,3,4,1], got [2,3,4,2]',
    );
  });

  function describeEach(name: string, test: (loss: Loss, outputChannels: number) => void): void {
    it.each(Object.entries(losses))(name, (_, [loss, outputs]) => test(loss, outputs));
  }
});
