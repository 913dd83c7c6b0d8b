import { createRandom } from '@medseg/random';
import { describeOnBackends, gradientError, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { input, model } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { ConvolutionBlock } from './convolution-block.ts';
import { Dropout, dropout } from './dropout.ts';
import { ResidualBlock } from './residual-block.ts';

const values = (x: tf.Tensor): number[] => [...x.dataSync()];

describeOnBackends('dropout', (backend) => {
  it('drops its share of the values and keeps the mean', () => {
    const kept = values(dropout(tf.ones([4, 32, 32, 4]), { rate: 0.3, random: createRandom(1) }));
    const dropped = kept.filter((value) => value === 0).length / kept.length;
    expect(Math.abs(dropped - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / kept.length)); // four deviations
    for (const value of new Set(kept)) expect([0, Math.fround(1 / 0.7)]).toContain(value);
  });

  it('drops whole channels of an image where it is asked to', () => {
    const y = dropout(tf.ones([8, 4, 4, 16]), { rate: 0.5, of: 'channels', random: createRandom(2) });
    const [low, high] = [values(tf.min(y, [1, 2])), values(tf.max(y, [1, 2]))];
    expect(low).toEqual(high);
    expect(new Set(low)).toEqual(new Set([0, 2]));
  });

  it('draws one mask from one state, another from another', () => {
    const x = randomTensor<tf.Rank.R4>([2, 4, 4, 3]);
    const draw = (seed: number): number[] => values(dropout(x, { rate: 0.5, random: createRandom(seed) }));
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
    const random = createRandom(3);
    const [first, second] = [0, 1].map(() => values(dropout(x, { rate: 0.5, random })));
    expect(first).not.toEqual(second); // the state moves on
  });

  it('lets the gradient through the same mask', () => {
    const x = randomTensor<tf.Rank.R4>([2, 4, 4, 3]);
    const masked = (from: tf.Tensor): tf.Tensor => dropout(from as tf.Tensor4D, { rate: 0.5, random: createRandom(5) });
    expect(gradientError((from) => tf.square(masked(from)), [x])).toBeLessThan(1e-3);
    expect(values(tf.grad((from) => tf.sum(masked(from)))(x))).toEqual(values(masked(tf.onesLike(x))));
  });

  it('is off unless a call is in training, and reaches the layers of a model', () => {
    const x = randomTensor([2, 4, 4, 4]);
    const from = input({ shape: [4, 4, 4] });
    const network = model({ inputs: from, outputs: new Dropout({ name: `drop_${backend}`, rate: 0.5 }).on(from) });
    expect(values(network.apply(x) as tf.Tensor)).toEqual(values(x));
    const trained = values(network.apply(x, { training: true, random: createRandom(6) }) as tf.Tensor);
    expect(trained).toEqual(values(dropout(x as tf.Tensor4D, { rate: 0.5, random: createRandom(6) })));
    expect(() => network.apply(x, { training: true })).toThrow(/needs random for dropout of rate 0.5, got none/);
  });

  it.each([
    ['ResidualBlock', () => new ResidualBlock({ channels: 4, groups: 2, dropout: 0.5 })],
    ['ConvolutionBlock', () => new ConvolutionBlock({ channels: 4, dropout: 0.5 })],
  ] as const)('drops in a %s in training alone, with the gradient of the same mask', (_, make) => {
    const layer = make();
    const x = randomTensor([2, 4, 4, 4]);
    const run = (seed?: number): tf.Tensor =>
      layer.apply(x, seed === undefined ? {} : { training: true, random: createRandom(seed) }) as tf.Tensor;
    expect(values(run())).toEqual(values(run()));
    expect(values(run(1))).toEqual(values(run(1)));
    expect(values(run(1))).not.toEqual(values(run(2)));
    const error = gradientError(
      (from) => layer.apply(from, { training: true, random: createRandom(7) }) as tf.Tensor,
      [x],
      { step: 2e-3 },
    );
    expect(error).toBeLessThan(5e-3);
  });

  it('refuses a rate of 1 and more', () => {
    expect(() => dropout(tf.ones([1, 1, 1, 1]), { rate: 1, random: createRandom(1) })).toThrow(
      /rate of dropout must be at least 0 and less than 1, got 1/,
    );
  });
});
