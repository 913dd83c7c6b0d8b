import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hybridLoss, variationalBound } from '../losses/hybrid.ts';
import { cosineSchedule, linearSchedule, posteriorCoefficients, rescaleZeroTerminalSnr } from '../schedule.ts';
import { addNoise, velocity } from './add-noise.ts';
import { flowInterpolate, flowTarget } from './flow.ts';
import { predictNoise, predictVelocity, predictXStart, trainingTarget } from './objective.ts';
import { learnedLogVariance, posteriorMean } from './posterior.ts';
import { predictionTypes } from './prediction.ts';

const shape: [number, number, number, number] = [2, 2, 3, 2];

describeOnBackends('process', () => {
  const x0 = (): tf.Tensor4D => tf.clipByValue(randomTensor<tf.Rank.R4>(shape, 1), -1, 1);
  const noise = (): tf.Tensor4D => randomTensor<tf.Rank.R4>(shape, 2);

  it('x0 -> x_t -> x0, noise and v, from each objective', async () => {
    const schedule = linearSchedule();
    const [image, e] = [x0(), noise()];
    const property = (a: number, b: number): void =>
      tf.tidy(() => {
        const t = Int32Array.of(a, b);
        const xt = addNoise(schedule, image, e, t);
        const v = velocity(schedule, image, e, t);
        for (const type of predictionTypes) {
          const output = trainingTarget(schedule, type, image, e, t);
          // Noise tells little of x0 where there is little signal, x0 little of the noise where there is little noise.
          const loss = Math.max(...[a, b].map((step) => 1 / schedule.alphasCumprod[step]!)) ** 0.5;
          const gain = Math.max(...[a, b].map((step) => 1 / (1 - schedule.alphasCumprod[step]!))) ** 0.5;
          const near = (got: tf.Tensor, want: tf.Tensor, factor: number): void =>
            expect(relativeError(got.dataSync(), want.dataSync())).toBeLessThan(2e-6 * factor);
          near(predictXStart(schedule, type, xt, output, t), image, loss);
          near(predictNoise(schedule, type, xt, output, t), e, gain);
          near(predictVelocity(schedule, type, xt, output, t), v, loss + gain);
        }
      });
    const step = fc.integer({ min: 0, max: 999 });
    fc.assert(fc.property(step, step, property), { numRuns: 30 });
    await expectNoLeak(() => property(3, 700));
  });

  it('the posterior mean of each sample takes its own step', () => {
    const schedule = linearSchedule({ steps: 50 });
    const mean = posteriorMean(schedule, tf.ones(shape), tf.fill(shape, 2), [10, 0]).dataSync();
    const at = (t: number): number => {
      const { xStart, xt } = posteriorCoefficients(schedule, t);
      return xStart + 2 * xt;
    };
    expect(mean[0]).toBeCloseTo(at(10), 5);
    expect(mean[12]).toBeCloseTo(1, 5); // one step from x0 there is only x0
    expect(at(0)).toBeCloseTo(1, 12);
  });

  it('a learned variance goes from the posterior to beta', () => {
    const schedule = cosineSchedule({ steps: 50 });
    const low = learnedLogVariance(schedule, tf.fill(shape, -1), [7, 30]).dataSync();
    const high = learnedLogVariance(schedule, tf.ones(shape), [7, 30]).dataSync();
    expect(low[12]).toBeCloseTo(Math.log(posteriorCoefficients(schedule, 30).variance), 4);
    expect(high[0]).toBeCloseTo(Math.log(schedule.betas[7]!), 4);
  });

  it('the bound is zero for the true posterior, counts bins at t = 0, and spares the mean its gradient', async () => {
    const schedule = linearSchedule({ steps: 100 });
    const [image, e] = [x0(), noise()];
    const t = Int32Array.of(40, 0);
    const xt = addNoise(schedule, image, e, t);
    const perfect = tf.concat([e, tf.fill(shape, -1)], 3) as tf.Tensor4D;
    const bits = variationalBound(schedule, perfect, image, xt, t).dataSync();
    expect(bits[0]).toBeCloseTo(0, 5);
    // At t = 0 the log-likelihood of x0 in a bin around an exact mean, with the variance of step 1.
    const scale = Math.exp(0.5 * posteriorCoefficients(schedule, 0).logVariance);
    const z = 1 / 255 / scale;
    const cdf = (v: number): number => 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
    const inside = image.dataSync().slice(12);
    const each = Array.from(inside, (v) => -Math.log(v < -0.999 ? cdf(z) : v > 0.999 ? 1 - cdf(-z) : cdf(z) - cdf(-z)));
    expect(bits[1]).toBeCloseTo(each.reduce((a, b) => a + b) / 12 / Math.LN2, 2);
    const output = randomTensor<tf.Rank.R4>([2, 2, 3, 4], 5);
    const boundOf = (o: tf.Tensor): tf.Tensor => variationalBound(schedule, o as tf.Tensor4D, image, xt, [40, 12]);
    const gradient = tf.tidy(() => tf.grad((o) => tf.sum(boundOf(o)))(output));
    const [onMean, onVariance] = tf.split(gradient, 2, 3);
    expect(Math.max(...onMean!.dataSync().map(Math.abs))).toBe(0);
    expect(Math.max(...onVariance!.dataSync().map(Math.abs))).toBeGreaterThan(0);
    const onlyVariance = (v: tf.Tensor): tf.Tensor => boundOf(tf.concat([e, v], 3));
    expect(gradientError(onlyVariance, [randomTensor<tf.Rank.R4>(shape, 6)])).toBeLessThan(1e-3);
    await expectNoLeak(() => hybridLoss(schedule, output, image, e, xt, t).dispose());
  });

  it('a straight path starts at the image and ends in noise, and its slope is the target', () => {
    const [image, e] = [x0(), noise()];
    expect(flowInterpolate(image, e, [0, 0]).dataSync()).toEqual(image.dataSync());
    expect(flowInterpolate(image, e, [1, 1]).dataSync()).toEqual(e.dataSync());
    const back = tf.sub(flowInterpolate(image, e, [0.3, 0.7]), flowInterpolate(image, e, [0.2, 0.6]));
    expect(relativeError(back.dataSync(), tf.mul(flowTarget(image, e), 0.1).dataSync())).toBeLessThan(1e-5);
  });

  it('refuses what does not fit', () => {
    const schedule = cosineSchedule({ steps: 10 });
    const [image, e] = [x0(), noise()];
    const small = tf.zeros<tf.Rank.R4>([2, 2, 3, 1]);
    const flat = rescaleZeroTerminalSnr(schedule);
    for (const call of [
      () => addNoise(schedule, image, small, [0, 1]),
      () => addNoise(schedule, image, e, [0]),
      () => addNoise(schedule, image, e, [0, 10]),
      () => addNoise(schedule, image, e, [0, -1]),
      () => velocity(schedule, image, e, [0, 1.5]),
      () => predictXStart(schedule, 'epsilon', image, small, [0, 1]),
      () => predictXStart(flat, 'epsilon', image, e, [0, 9]),
      () => predictNoise(schedule, 'epsilon', image, e, [0, 11]),
      () => posteriorMean(schedule, image, small, [0, 1]),
      () => flowInterpolate(image, e, [0, 1.1]),
      () => variationalBound(schedule, image, image, e, [0, 1]),
    ]) {
      expect(call).toThrow(RangeError);
    }
  });
});
