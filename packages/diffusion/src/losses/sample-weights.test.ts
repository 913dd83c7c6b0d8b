import { describeOnBackends, expectNoLeak, gradientError, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { addNoise } from '../process/add-noise.ts';
import { linearSchedule } from '../schedule/linear.ts';
import { calibrationLoss } from './calibration.ts';
import { crossEntropyLoss } from './cross-entropy.ts';
import { diceLoss } from './dice.ts';
import { hybridLoss, hybridLosses } from './hybrid.ts';
import { mseLoss, mseLosses } from './mse.ts';

const shape: [number, number, number, number] = [3, 2, 4, 2];
const WEIGHTS = [0, 2, 0.5];

describeOnBackends('losses of samples', () => {
  const random = (seed: number): tf.Tensor4D => randomTensor<tf.Rank.R4>(shape, seed);
  const mask = (): tf.Tensor4D =>
    tf.tensor4d(
      random(4)
        .dataSync<'float32'>()
        .map((value) => (value > 0 ? 1 : 0)),
      shape,
    );
  const pixelWeights = (): tf.Tensor4D =>
    tf.tensor4d(
      randomTensor<tf.Rank.R4>([3, 2, 4, 1], 9)
        .dataSync<'float32'>()
        .map((value) => (value > 0.3 ? 0.5 : 1)),
      [3, 2, 4, 1],
    );
  const at = (x: tf.Tensor4D, i: number): tf.Tensor4D => tf.slice(x, [i, 0, 0, 0], [1, -1, -1, -1]);
  type Loss = (z: tf.Tensor4D, y: tf.Tensor4D, options: object) => tf.Scalar;

  it.each<[string, Loss]>([
    ['diceLoss', (z, y, options) => diceLoss(z, y, options)],
    ['diceLoss of classes', (z, y, options) => diceLoss(z, y, { ...options, activation: 'softmax' })],
    ['crossEntropyLoss', (z, y, options) => crossEntropyLoss(z, y, options)],
    ['crossEntropyLoss of classes', (z, y, options) => crossEntropyLoss(z, y, { ...options, activation: 'softmax' })],
    ['calibrationLoss', (z, y, options) => calibrationLoss(tf.sigmoid(z), y, options)],
    ['mseLoss', (z, y, options) => mseLoss(z, y, options)],
  ])('%s is the mean of those of the samples, each times its weight', (_, loss) => {
    const [z, y, counted] = [random(3), mask(), pixelWeights()];
    for (const some of [undefined, counted]) {
      const each = WEIGHTS.map((_w, i) => loss(at(z, i), at(y, i), some ? { pixelWeights: at(some, i) } : {}));
      const expected = each.reduce((sum, value, i) => sum + (WEIGHTS[i]! * value.dataSync()[0]!) / 3, 0);
      const options = { weights: WEIGHTS, ...(some && { pixelWeights: some }) };
      expect(loss(z, y, options).dataSync()[0]).toBeCloseTo(expected, 5);
      expect(loss(z, y, { ...options, weights: [1, 1, 1] }).dataSync()[0]).toBeCloseTo(
        loss(z, y, some ? { pixelWeights: some } : {}).dataSync()[0]!,
        5,
      );
    }
    expect(() => loss(z, y, { weights: [1, 2] })).toThrow(/needs one weight for each of 3 samples, got 2/);
  });

  it('have gradients that agree with finite differences', async () => {
    const y = mask();
    const as4 = (x: tf.Tensor | undefined): tf.Tensor4D => x as tf.Tensor4D;
    const options = { weights: WEIGHTS };
    expect(gradientError((z) => diceLoss(as4(z), y, options), [random(3)])).toBeLessThan(1e-3);
    expect(gradientError((z) => crossEntropyLoss(as4(z), y, options), [random(3)])).toBeLessThan(1e-3);
    expect(gradientError((z) => calibrationLoss(as4(z), y, options), [random(3)])).toBeLessThan(1e-3);
    await expectNoLeak(() => crossEntropyLoss(y, y, options).dispose());
  });

  it('mseLosses and hybridLosses are those of each sample alone, and their mean is the loss', () => {
    const schedule = linearSchedule({ steps: 50, scaleToSteps: true });
    const t = [0, 7, 19];
    const [x0, noise] = [random(1), random(2)];
    const xt = addNoise(schedule, x0, noise, t);
    const output = randomTensor<tf.Rank.R4>([3, 2, 4, 4], 5);
    for (const some of [undefined, pixelWeights()]) {
      const options = some ? { pixelWeights: some } : {};
      const squares = mseLosses(x0, noise, options);
      const hybrids = hybridLosses(schedule, output, x0, noise, xt, t, options);
      t.forEach((step, i) => {
        const own = some ? { pixelWeights: at(some, i) } : {};
        expect(squares.dataSync()[i]).toBeCloseTo(mseLoss(at(x0, i), at(noise, i), own).dataSync()[0]!, 5);
        const alone = hybridLoss(schedule, at(output, i), at(x0, i), at(noise, i), at(xt, i), [step], own);
        expect(hybrids.dataSync()[i]! / alone.dataSync()[0]!).toBeCloseTo(1, 5);
      });
      expect(tf.mean(squares).dataSync()[0]).toBeCloseTo(mseLoss(x0, noise, options).dataSync()[0]!, 5);
      const whole = hybridLoss(schedule, output, x0, noise, xt, t, options).dataSync()[0]!;
      expect((tf.mean(hybrids).dataSync()[0] as number) / whole).toBeCloseTo(1, 5);
    }
  });

  it('are refused where a batch as a whole has none', () => {
    expect(() => diceLoss(random(1), mask(), { overBatch: true, weights: WEIGHTS })).toThrow(
      'diceLoss: weights need overBatch false: a batch as a whole has no samples to weigh',
    );
  });
});
