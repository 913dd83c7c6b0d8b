import { register } from '@medseg/backend-wasm';
import { registerLayers } from '@medseg/layers';
import { createRandom } from '@medseg/random';
import {
  describeOnBackends,
  directionalErrors,
  expectNoLeak,
  fingerprint,
  randomTensor,
  reloaded,
} from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { stir } from './network-checks.fixture.ts';
import type { OfficialConfig } from './official-config.ts';
import { OfficialNew } from './official-new.ts';

const small = {
  imageSize: [8, 8],
  imageChannels: 2,
  channels: 8,
  multipliers: [1, 2],
  blocks: 1,
  attentionReductions: [2],
  heads: 2,
  groups: 4,
  highway: { channels: 2, poolings: 3, maxChannels: 12 },
  seed: 3,
} as const satisfies Partial<OfficialConfig>;

const images = (): tf.Tensor4D => randomTensor([2, 8, 8, 2], 1);
const noisy = (masks = 1): tf.Tensor4D => randomTensor([2, 8, 8, masks], 4);
const times = (): tf.Tensor1D => tf.tensor1d([10, 800], 'int32');

/** Checks every weight; the features stay as they are, for no gradient goes through them. */
function expectRightGradients(network: OfficialNew, { labels }: { labels?: tf.Tensor1D } = {}): void {
  stir(network.variables());
  const options = labels ? { labels } : {};
  const fixed = network.encode(images(), options);
  const variables = new Map([...network.encoderVariables(), ...network.denoiserVariables()]);
  const errors = directionalErrors(variables, () =>
    tf.tidy(() => {
      const prediction = network.denoise(noisy(network.config.maskChannels), times(), fixed);
      return tf.concat([tf.reshape(network.encode(images(), options).anchor, [-1]), tf.reshape(prediction, [-1])]);
    }),
  );
  expect(errors.size).toBeGreaterThan(0.7 * variables.size);
  for (const [name, error] of errors) expect(error, name).toBeLessThan(2e-3);
}

describeOnBackends('OfficialNew', (backend) => {
  it('has the gradient of finite differences in every weight', () => {
    expectRightGradients(new OfficialNew(small));
  });

  it('saves and loads with equal outputs', async () => {
    registerLayers();
    const network = new OfficialNew(small);
    stir(network.variables());
    const condition = network.encode(images());
    const [encoder, denoiser] = [await reloaded(network.encoder), await reloaded(network.denoiser)];
    const [anchor, features] = encoder.apply(images()) as tf.Tensor[];
    expect([...anchor!.dataSync()]).toEqual([...condition.anchor.dataSync()]);
    expect([...features!.dataSync()]).toEqual([...condition.features.dataSync()]);
    const inputs = [noisy(), tf.tensor2d([[10], [800]]), images(), features!];
    const expected = network.denoise(noisy(), times(), condition);
    expect([...(denoiser.apply(inputs) as tf.Tensor).dataSync()]).toEqual([...expected.dataSync()]);
  });

  it('leaves no tensor behind, in training either', async () => {
    const network = new OfficialNew(small);
    const variables = [...network.encoderVariables().values(), ...network.denoiserVariables().values()];
    const [image, x, t] = [images(), noisy(), times()];
    await expectNoLeak(() => {
      const { value, grads } = tf.variableGrads(() => {
        const condition = network.encode(image, { training: true, random: createRandom(1) });
        return tf.add<tf.Scalar>(tf.sum(condition.anchor), tf.sum(network.denoise(x, t, condition)));
      }, variables);
      tf.dispose([value, grads]);
    });
  });

  it('lets no gradient through the features', () => {
    const network = new OfficialNew(small);
    stir(network.variables());
    const { grads } = tf.variableGrads(
      () => tf.sum(network.denoise(noisy(), times(), network.encode(images()))) as tf.Scalar,
      [...network.denoiserVariables().values(), ...network.encoderVariables().values()],
    );
    const reached = [...network.encoderVariables().values()].filter((variable) => grads[variable.name]);
    expect(reached).toEqual([]);
    const without = tf.tidy(() => {
      const condition = network.encode(images());
      const none = { ...condition, features: tf.zerosLike(condition.features) };
      return [condition, none].map((c) => network.denoise(noisy(), times(), c).dataSync().join());
    });
    expect(without[0]).not.toBe(without[1]);
  });

  it(`starts alike from one seed on ${backend}`, () => {
    const values = (seed: number): string => fingerprint(new OfficialNew({ ...small, seed }).variables());
    expect(values(5)).toBe(values(5));
    expect(values(5)).not.toBe(values(6));
  });
});

describe('OfficialNew', () => {
  it.each([
    { scaleShift: true, resamplingBlocks: true, newAttentionOrder: true },
    { resamplingConvolutions: false, headChannels: 4, attentionReductions: [1, 2] },
    { maskChannels: 3, blocks: 2, upHeads: 4, multipliers: [1, 2, 2], attentionReductions: [4] },
  ] as const)('has right gradients with %j', async (options) => {
    await register();
    expectRightGradients(new OfficialNew({ ...small, ...options }));
  });

  it('has right gradients where there are classes, and tells them apart', async () => {
    await register();
    const network = new OfficialNew({ ...small, classes: 3 });
    expectRightGradients(network, { labels: tf.tensor1d([0, 2], 'int32') });
    const run = (labels: number[]): string =>
      network
        .denoise(noisy(), times(), network.encode(images(), { labels: tf.tensor1d(labels, 'int32') }))
        .dataSync()
        .join();
    expect(run([0, 1])).not.toBe(run([0, 2]));
    expect(() => network.encode(images())).toThrow(/of 3 image classes needs one label for each of 2 images, got none/);
    expect(() => network.encode(images(), { labels: tf.tensor1d([1], 'int32') })).toThrow(/of 2 images, got 1/);
    expect(() => new OfficialNew(small).encode(images(), { labels: tf.tensor1d([0, 1], 'int32') })).toThrow(
      /takes labels only with the option classes/,
    );
  });

  it.each([
    [{ channels: 16 }, /channels must be 4 times highway.channels \(2\), got 16/],
    [{ imageSize: [12, 8] }, /imageSize must be a multiple of 8 for 2 levels and 3 poolings, got 12x8/],
    [{ imageSize: [64] }, /imageSize must be \[height, width\], got \[64\]/],
    [{ groups: 3 }, /channels must be a multiple of groups \(3\), got 8/],
    [{ multipliers: [2, 4] }, /multipliers must be positive integers that start with 1, got \[2,4\]/],
    [{ blocks: -1 }, /blocks must be a whole number, got -1/],
    [{ heads: 3 }, /heads must be a divisor of the channels .* got 3/],
    [{ highway: { channels: 2, poolings: 2, maxChannels: 12 } }, /highway.poolings must be an integer of at least 3/],
  ] as const)('refuses %j', (config, rule) => {
    expect(() => new OfficialNew({ ...small, ...config })).toThrow(rule);
  });

  it('refuses images of another size or other channels', () => {
    const network = new OfficialNew(small);
    expect(() => network.encode(randomTensor([1, 8, 8, 3]))).toThrow(
      /built for 8x8 images of 2 channels, got 8x8 of 3/,
    );
  });
});
