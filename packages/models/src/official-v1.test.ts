import { registerLayers } from '@medseg/layers';
import { createRandom } from '@medseg/random';
import {
  describeOnBackends,
  directionalErrors,
  expectNoLeak,
  fingerprint,
  randomTensor,
  relativeError,
  reloaded,
} from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { stir } from './network-checks.fixture.ts';
import type { OfficialConfig } from './official-config.ts';
import { OfficialNew } from './official-new.ts';
import { OfficialV1 } from './official-v1.ts';

const small = {
  imageSize: [8, 8],
  imageChannels: 2,
  maskChannels: 2,
  channels: 4,
  multipliers: [1, 1, 2, 2],
  blocks: 1,
  attentionReductions: [4],
  heads: 2,
  groups: 2,
  highway: { channels: 2, poolings: 3, maxChannels: 6 },
  seed: 3,
} as const satisfies Partial<OfficialConfig>;

const images = (seed = 1): tf.Tensor4D => randomTensor([2, 8, 8, 2], seed);
const noisy = (seed = 4): tf.Tensor4D => randomTensor([2, 8, 8, 2], seed);
const times = (t = 800): tf.Tensor1D => tf.tensor1d([10, t], 'int32');

describeOnBackends('OfficialV1', () => {
  it.each(['gate', 'affinity'] as const)(
    'has the gradient of finite differences in every weight with fusion by %s',
    (fusion) => {
      const network = new OfficialV1({ ...small, fusion });
      stir(network.variables());
      const variables = network.trainableVariables();
      const errors = directionalErrors(variables, () =>
        tf.tidy(() => {
          const { prediction, anchor } = network.predict(noisy(), times(), network.encode(images()));
          return tf.concat([tf.reshape(anchor, [-1]), tf.reshape(prediction, [-1])]);
        }),
      );
      expect(errors.size).toBeGreaterThan(0.6 * variables.size);
      for (const [name, error] of errors) expect(error, name).toBeLessThan(2e-3);
    },
  );

  it('saves and loads with equal outputs', async () => {
    registerLayers();
    const network = new OfficialV1(small);
    stir(network.variables());
    const { prediction, anchor } = network.predict(noisy(), times(), network.encode(images()));
    const loaded = await reloaded(network.network);
    const outputs = loaded.apply([noisy(), tf.tensor2d([[10], [800]]), images()]) as tf.Tensor[];
    expect([...outputs[0]!.dataSync()]).toEqual([...prediction.dataSync()]);
    expect([...outputs[1]!.dataSync()]).toEqual([...anchor.dataSync()]);
  });

  it('gives the same twice: nothing in it is drawn at the forward', () => {
    const network = new OfficialV1(small);
    stir(network.variables());
    const run = (x: number, t: number, image: number): string =>
      tf.tidy(() =>
        network
          .denoise(noisy(x), times(t), network.encode(images(image)))
          .dataSync()
          .join(),
      );
    expect(run(1, 500, 1)).toBe(run(1, 500, 1));
    expect(new Set([run(1, 500, 1), run(2, 500, 1), run(1, 20, 1), run(1, 500, 2)]).size).toBe(4);
  });

  it('lets the mask of the highway see the noisy mask', () => {
    const network = new OfficialV1(small);
    stir(network.variables());
    const run = (x: number): string =>
      tf.tidy(() => network.predict(noisy(x), times(), network.encode(images())).anchor.dataSync().join());
    expect(run(1)).not.toBe(run(2));
  });

  it('leaves no tensor behind, in training either', async () => {
    const network = new OfficialV1(small);
    const variables = [...network.trainableVariables().values()];
    const [image, x, t] = [images(), noisy(), times()];
    await expectNoLeak(() => {
      const { value, grads } = tf.variableGrads(() => {
        const { prediction, anchor } = network.predict(x, t, network.encode(image), {
          training: true,
          random: createRandom(1),
        });
        return tf.add<tf.Scalar>(tf.sum(anchor), tf.sum(prediction));
      }, variables);
      tf.dispose([value, grads]);
    });
  });

  it('weighs the highway by the affinity of the paper where asked', () => {
    const network = new OfficialV1({ ...small, fusion: 'affinity' });
    stir(network.variables());
    const { network: whole } = network;
    const names = ['hwm.td.0', 'hwm.fusion.0.parser', 'hwm.fusion.0.affinity'];
    const outputs = names.map((name) => whole.getLayer(name).output as SymbolicTensor);
    const tapped = model({ inputs: whole.inputs, outputs });
    const [x, parsed, weighed] = tapped.apply([noisy(), tf.tensor2d([[10], [800]]), images()]) as tf.Tensor[];
    const norm = (map: tf.Tensor, name: string): tf.Tensor => {
      const { mean, variance } = tf.moments(map, -1, true);
      const [weight, bias] = ['weight', 'bias'].map((part) => network.variables().get(`${name}.${part}`)!);
      const normal = tf.div(tf.sub(map, mean), tf.sqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(normal, weight!), bias!);
    };
    const [noise, condition] = ['normNoise', 'normCondition'].map((name) => `hwm.fusion.0.affinity.${name}`);
    const expected = tf.mul(tf.mul(norm(parsed!, noise!), norm(x!, condition!)), x!);
    expect(relativeError(weighed!.dataSync(), expected.dataSync())).toBeLessThan(1e-4);
  });

  it('starts alike from one seed', () => {
    const values = (seed: number): string => fingerprint(new OfficialV1({ ...small, seed }).variables());
    expect(values(5)).toBe(values(5));
    expect(values(5)).not.toBe(values(6));
  });
});

describe('OfficialV1', () => {
  it.each([
    [{ multipliers: [1, 2] }, /one level more than highway.poolings \(3\), got \[1,2\]/],
    [{ imageSize: [8, 12] }, /imageSize must be a multiple of 8/],
    [{ classes: 0 }, /classes must be a positive integer, got 0/],
  ] as const)('refuses %j', (config, rule) => {
    expect(() => new OfficialV1({ ...small, ...config })).toThrow(rule);
  });

  it.each([
    [3, [0, 1]],
    [4, [1]],
    [5, [1, 2]],
  ])('has the affinity at the middle two of the depths of %i poolings, or at the middle one', (poolings, levels) => {
    const options = { imageSize: [32, 32], multipliers: Array(poolings + 1).fill(1), attentionReductions: [] };
    const highway = { ...small.highway, poolings };
    const network = new OfficialV1({ ...small, ...options, highway, fusion: 'affinity' });
    const names = [...network.variables().keys()].filter((name) => /^hwm\.(fusion|gates)\.\d+\./.test(name));
    expect([...new Set(names.map((name) => name.split('.').slice(0, 3).join('.')))]).toEqual(
      levels.map((level) => `hwm.fusion.${level}`),
    );
  });

  it('has no fusion of the kind that is not known', () => {
    expect(() => new OfficialV1({ ...small, fusion: 'sum' as 'gate' })).toThrow(
      /fusion must be 'gate' or 'affinity', got 'sum'/,
    );
    expect(() => new OfficialNew({ fusion: 'gate' })).toThrow(/fusion is an option of OfficialV1 alone, got gate/);
  });

  it('refuses images of other channels', () => {
    expect(() => new OfficialV1(small).encode(randomTensor([1, 8, 8, 1]))).toThrow(/of 2 channels, got 8x8 of 1/);
  });
});
