import { describeOnBackends, expectNoLeak, gradientError, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { maskOfLogits } from '../process/mask-of-logits.ts';
import { crossEntropyLoss } from './cross-entropy.ts';
import { diceLoss } from './dice.ts';
import { mseLoss } from './mse.ts';

const shape: [number, number, number, number] = [2, 3, 4, 2];

describeOnBackends('losses', () => {
  const logits = (): tf.Tensor4D => tf.mul<tf.Tensor4D>(randomTensor<tf.Rank.R4>(shape, 3), 2);
  // Not by tf.cast: on cpu its result holds bytes, which another backend would read as floats.
  const mask = (): tf.Tensor4D =>
    tf.tensor4d(
      randomTensor<tf.Rank.R4>(shape, 4)
        .dataSync<'float32'>()
        .map((value) => (value > 0 ? 1 : 0)),
      shape,
    );

  it('cross-entropy is exact, also far out where a naive form overflows', () => {
    const z = [-200, -30, -1, 0, 1, 30, 200, 0.5];
    const y = [0, 0, 1, 1, 0, 1, 0, 0.25];
    const expected = z.map((v, i) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))) - v * y[i]!);
    const loss = crossEntropyLoss(tf.tensor4d(z, [2, 2, 2, 1]), tf.tensor4d(y, [2, 2, 2, 1])).dataSync()[0]!;
    expect(loss).toBeCloseTo(expected.reduce((a, b) => a + b) / 8, 4);
    const slope = tf.grad((v) => crossEntropyLoss(v as tf.Tensor4D, tf.ones([1, 1, 1, 1])))(tf.zeros([1, 1, 1, 1]));
    expect(slope.dataSync()[0]).toBeCloseTo(-0.5, 6);
  });

  it('Dice is 0 for a sure hit, about 1 for a sure miss, 0 for an empty mask found empty', () => {
    const y = mask();
    const sure = tf.mul<tf.Tensor4D>(tf.sub(tf.mul(y, 2), 1), 50);
    expect(diceLoss(sure, y).dataSync()[0]).toBeCloseTo(0, 5);
    expect(diceLoss(tf.neg(sure), y, { smooth: 1e-6 }).dataSync()[0]).toBeCloseTo(1, 5);
    expect(diceLoss(tf.fill(shape, -50), tf.zeros(shape)).dataSync()[0]).toBeCloseTo(0, 5);
  });

  it('weights samples in the mean squared error', () => {
    const a = tf.tensor4d([1, 2], [2, 1, 1, 1]);
    expect(mseLoss(a, tf.zerosLike(a)).dataSync()[0]).toBeCloseTo(2.5, 6);
    expect(mseLoss(a, tf.zerosLike(a), { weights: [3, 0.5] }).dataSync()[0]).toBeCloseTo(2.5, 6);
  });

  it('gradients agree with finite differences and nothing leaks', async () => {
    const y = mask();
    const as4 = (x: tf.Tensor | undefined): tf.Tensor4D => x as tf.Tensor4D;
    expect(gradientError((z) => crossEntropyLoss(as4(z), y), [logits()])).toBeLessThan(1e-3);
    expect(gradientError((z) => diceLoss(as4(z), y), [logits()])).toBeLessThan(1e-3);
    expect(gradientError((z) => diceLoss(as4(z), y, { overBatch: true }), [logits()])).toBeLessThan(1e-3);
    expect(gradientError((z) => mseLoss(as4(z), y, { weights: [1, 2] }), [logits()])).toBeLessThan(1e-3);
    const z = logits();
    const gradient = tf.grad((x) => tf.add(diceLoss(as4(x), y), crossEntropyLoss(as4(x), y)));
    await expectNoLeak(() => gradient(z).dispose());
  });

  it('reads classes that exclude each other with a background of logit 0', async () => {
    const z = [1, -2, 0.5, 3];
    const y = [1, 0, 0, 0]; // the first pixel is class 0, the second background
    const probability = (a: number, b: number): number[] => {
      const total = 1 + Math.exp(a) + Math.exp(b);
      return [Math.exp(a) / total, Math.exp(b) / total, 1 / total];
    };
    const [first, second] = [probability(1, -2), probability(0.5, 3)];
    const logits = tf.tensor4d(z, [1, 1, 2, 2]);
    const target = tf.tensor4d(y, [1, 1, 2, 2]);
    const entropy = crossEntropyLoss(logits, target, { activation: 'softmax' }).dataSync()[0]!;
    expect(entropy).toBeCloseTo(-(Math.log(first[0]!) + Math.log(second[2]!)) / 2, 5);
    const [p0, p1] = [first[0]! + second[0]!, first[1]! + second[1]!];
    const dice = diceLoss(logits, target, { activation: 'softmax' }).dataSync()[0]!;
    expect(dice).toBeCloseTo((1 - (2 * first[0]! + 1) / (p0 + 1 + 1) + (1 - 1 / (p1 + 1))) / 2, 5);
    const masks = maskOfLogits(logits, 'softmax').dataSync();
    [first[0]!, first[1]!, second[0]!, second[1]!].forEach((p, i) => void expect(masks[i]).toBeCloseTo(2 * p - 1, 5));
  });

  it('both readings are the same with one channel', () => {
    const z = randomTensor<tf.Rank.R4>([2, 3, 3, 1], 5);
    const y = tf.cast(tf.greater<tf.Tensor4D>(randomTensor<tf.Rank.R4>([2, 3, 3, 1], 6), 0), 'float32') as tf.Tensor4D;
    for (const loss of [crossEntropyLoss, diceLoss]) {
      expect(loss(z, y, { activation: 'softmax' }).dataSync()).toEqual(loss(z, y).dataSync());
    }
    expect(maskOfLogits(z, 'softmax').dataSync()).toEqual(maskOfLogits(z).dataSync());
  });

  it('gradients of classes that exclude each other agree with finite differences and nothing leaks', async () => {
    const y = tf.mul<tf.Tensor4D>(mask(), tf.tensor([1, 0])); // at most one class a pixel
    const softmax = { activation: 'softmax' } as const;
    const as4 = (x: tf.Tensor | undefined): tf.Tensor4D => x as tf.Tensor4D;
    expect(gradientError((z) => crossEntropyLoss(as4(z), y, softmax), [logits()])).toBeLessThan(1e-3);
    expect(gradientError((z) => diceLoss(as4(z), y, softmax), [logits()])).toBeLessThan(1e-3);
    expect(gradientError((z) => maskOfLogits(as4(z), 'softmax'), [logits()])).toBeLessThan(1e-3);
    const z = logits();
    const gradient = tf.grad((x) => tf.add(diceLoss(as4(x), y, softmax), crossEntropyLoss(as4(x), y, softmax)));
    await expectNoLeak(() => gradient(z).dispose());
  });

  it('refuses shapes that differ', () => {
    for (const loss of [mseLoss, diceLoss, crossEntropyLoss]) {
      expect(() => loss(tf.zeros([1, 2, 2, 1]), tf.zeros([1, 2, 1, 1]))).toThrow(RangeError);
    }
    expect(() => diceLoss(tf.zeros(shape), tf.zeros(shape), { smooth: 0 })).toThrow(RangeError);
  });
});
