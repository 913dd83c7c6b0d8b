import { registerLayers } from '@medseg/layers';
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
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { layers } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { DeepmancerUNet } from './deepmancer-unet.ts';
import { deepmancerUNetConfigFrom } from './deepmancer-unet-config.ts';
import type { ImageCondition } from './image-condition.ts';
import { Lucidrains } from './lucidrains.ts';
import { lucidrainsConfigFrom } from './lucidrains-config.ts';
import { stir } from './network-checks.fixture.ts';

const deepmancerSmall = {
  imageSize: 8,
  imageChannels: 2,
  channels: 8,
  linearAttention: [true, false],
  timeChannels: 12,
  heads: 2,
  headChannels: 4,
  seed: 3,
} as const;

const lucidrainsSmall = {
  imageSize: 8,
  imageChannels: 2,
  maskChannels: 2,
  channels: 8,
  multipliers: [1, 3],
  linearAttention: [false, true],
  heads: 2,
  headChannels: 4,
  groups: 4,
  selfCondition: true,
  imageSkips: true,
  dynamicMap: true,
  patchSize: 4,
  mapHeadChannels: 3,
  seed: 3,
} as const;

const images = (): tf.Tensor4D => randomTensor([2, 8, 8, 2], 1);
const condition = (): ImageCondition => ({ images: images() });
const times = (): tf.Tensor1D => tf.tensor1d([10, 800], 'int32');

interface Network {
  readonly model: LayersModel;
  variables(): Map<string, tf.Variable>;
}

/** Each network with what it predicts from fixed inputs. */
const networks: Record<string, () => { network: Network; predict: () => tf.Tensor4D }> = {
  DeepmancerUNet: () => {
    const network = new DeepmancerUNet(deepmancerSmall);
    const inputs = [randomTensor<tf.Rank.R4>([2, 8, 8, 1], 4), times(), condition()] as const;
    return { network, predict: () => network.denoise(...inputs) };
  },
  'DeepmancerUNet with its faults and image skips': () => {
    const network = new DeepmancerUNet({
      ...deepmancerSmall,
      timeCode: 'product',
      affinityWeighs: 'normalised',
      imageSkips: true,
      outputChannels: 3,
    });
    const inputs = [randomTensor<tf.Rank.R4>([2, 8, 8, 1], 4), times(), condition()] as const;
    return { network, predict: () => network.denoise(...inputs) };
  },
  Lucidrains: () => {
    const network = new Lucidrains(lucidrainsSmall);
    const [x, previous] = [randomTensor<tf.Rank.R4>([2, 8, 8, 2], 4), randomTensor<tf.Rank.R4>([2, 8, 8, 2], 5)];
    const inputs = [x, times(), condition(), previous] as const;
    return { network, predict: () => network.denoise(...inputs) };
  },
};

describeOnBackends('twin encoders', (backend) => {
  it.each(Object.keys(networks))('%s has the gradient of finite differences in its weights', (name) => {
    const { network, predict } = networks[name]!();
    stir(network.variables());
    const every = backend === 'wasm' ? 5 : 1; // finite differences, on wasm, take their time
    const variables = new Map([...network.variables()].filter((_, i) => i % every === 0));
    const errors = directionalErrors(variables, predict);
    expect(errors.size).toBeGreaterThan(0.5 * variables.size);
    for (const [weight, error] of errors) expect(error, weight).toBeLessThan(5e-3);
  });

  it.each(Object.keys(networks))('%s saves and loads with equal outputs', async (name) => {
    registerLayers();
    const { network, predict } = networks[name]!();
    const shapes = network.model.inputs.map(({ shape }) => shape.slice(1) as number[]);
    const inputs = shapes.map((shape, i) => randomTensor([2, ...shape] as [number, number], i + 1));
    const loaded = await reloaded(network.model);
    const outputs = [network.model, loaded].map((model) => (model.apply(inputs) as tf.Tensor).dataSync());
    expect([...outputs[1]!]).toEqual([...outputs[0]!]);
    await expectNoLeak(() => predict().dispose());
  });

  it.each(Object.keys(networks))('%s starts alike from one seed', (name) => {
    expect(fingerprint(networks[name]!().network.variables())).toBe(fingerprint(networks[name]!().network.variables()));
  });

  it("starts the image's encoder as a copy that trains by itself", () => {
    const variables = new DeepmancerUNet(deepmancerSmall).variables();
    const pair = ['mask_encoders.0.0.conv1.weight', 'image_encoders.0.0.conv1.weight'].map(
      (key) => variables.get(key)!,
    );
    expect([...pair[1]!.dataSync()]).toEqual([...pair[0]!.dataSync()]);
    pair[0]!.assign(tf.zerosLike(pair[0]!));
    expect(Math.max(...pair[1]!.dataSync())).toBeGreaterThan(0);
  });

  it('treats the images of a batch apart', () => {
    const network = new DeepmancerUNet(deepmancerSmall);
    const x = randomTensor<tf.Rank.R4>([3, 8, 8, 1], 2);
    const image = randomTensor<tf.Rank.R4>([3, 8, 8, 2], 1);
    const together = network.denoise(x, tf.tensor1d([1, 50, 900]), { images: image });
    const alone = network.denoise(tf.slice(x, [1, 0, 0, 0], [1, 8, 8, 1]), tf.tensor1d([50]), {
      images: tf.slice(image, [1, 0, 0, 0], [1, 8, 8, 2]),
    });
    expect(relativeError(alone.dataSync(), together.dataSync().slice(64, 128))).toBeLessThan(1e-4);
  });

  it('takes zeros for a previous prediction that is not there', () => {
    const network = new Lucidrains(lucidrainsSmall);
    const x = randomTensor<tf.Rank.R4>([2, 8, 8, 2], 4);
    const none = network.denoise(x, times(), condition());
    const zeros = network.denoise(x, times(), condition(), tf.zerosLike(x));
    const some = network.denoise(x, times(), condition(), x);
    expect([...none.dataSync()]).toEqual([...zeros.dataSync()]);
    expect(relativeError(some.dataSync(), none.dataSync())).toBeGreaterThan(1e-3);
  });

  it('ignores a previous prediction without self-conditioning', () => {
    const network = new Lucidrains({ ...lucidrainsSmall, selfCondition: false });
    const x = randomTensor<tf.Rank.R4>([2, 8, 8, 2], 4);
    const [none, some] = [undefined, x].map((previous) =>
      network.denoise(x, times(), condition(), previous).dataSync(),
    );
    expect([...some!]).toEqual([...none!]);
  });

  it("takes a conditioner of one's own", () => {
    const sum = (x: SymbolicTensor, c: SymbolicTensor): SymbolicTensor => layers.add().apply([x, c]) as SymbolicTensor;
    const network = new Lucidrains({ ...lucidrainsSmall, selfCondition: false }, { conditioner: () => sum });
    expect([...network.variables().keys()].filter((name) => name.startsWith('conditioners'))).toEqual([]);
    const prediction = network.denoise(randomTensor([2, 8, 8, 2], 4), times(), condition());
    expect(prediction.shape).toEqual([2, 8, 8, 2]);
    expect(Number.isFinite(tf.sum(prediction).dataSync()[0])).toBe(true);
  });
});

describe('configurations', () => {
  it("reads the options of the seed's Unet, its faults on", () => {
    const config = deepmancerUNetConfigFrom({ image_size: 32, num_layers: 3, first_conv_channels: 8, att_heads: 2 });
    expect(config).toMatchObject({ imageSize: 32, channels: 8, heads: 2, linearAttention: [true, true, false] });
    expect(config).toMatchObject({ timeCode: 'product', affinityWeighs: 'normalised', timeChannels: 128 });
    expect(new DeepmancerUNet(deepmancerSmall).config).toMatchObject({
      timeCode: 'angle',
      affinityWeighs: 'condition',
    });
  });

  it("reads the options of lucidrains' Unet", () => {
    const options = {
      dim: 8,
      image_size: 32,
      dim_mults: [1, 2],
      full_self_attn: [false, true],
      self_condition: true,
      conditioning_kwargs: { dim_head: 8, heads: 2, depth: 1, patch_size: 8 },
    };
    const config = lucidrainsConfigFrom(options);
    expect(config).toMatchObject({ channels: 8, multipliers: [1, 2], linearAttention: [true, false], patchSize: 8 });
    expect(config).toMatchObject({ selfCondition: true, dynamicMap: false, mapHeadChannels: 8 });
  });

  it.each([
    [() => deepmancerUNetConfigFrom({ image_size: 32, num_layers: 2, depth: 3 }), /got depth; known: image_size/],
    [() => deepmancerUNetConfigFrom({ image_size: 32 }), /num_layers must be given/],
    [() => deepmancerUNetConfigFrom({ image_size: '32', num_layers: 2 }), /image_size must be a whole number, got 32/],
    [
      () => new DeepmancerUNet({ ...deepmancerSmall, channels: 12 }),
      /channels must be a positive multiple of 8 .* got 12/,
    ],
    [
      () => new DeepmancerUNet({ ...deepmancerSmall, imageSize: 9 }),
      /imageSize must be a multiple of 2 for 2 levels, got 9/,
    ],
    [() => lucidrainsConfigFrom({ dim: 8 }), /image_size must be given/],
    [() => lucidrainsConfigFrom({ dim: 8, image_size: 8, dim_head: 3 }), /got dim_head/],
    [() => lucidrainsConfigFrom({ dim: 8, image_size: 8, init_dim: 16 }), /init_dim must equal dim \(8\), got 16/],
    [() => new Lucidrains({ ...lucidrainsSmall, multipliers: [1] }), /as many levels as multipliers \(1\)/],
    [
      () => new DeepmancerUNet(deepmancerSmall).encode(randomTensor([1, 8, 6, 2])),
      /DeepmancerUNet.encode: built for 8x8 images of 2 channels, got 8x6 of 2/,
    ],
    [
      () => new Lucidrains({ ...lucidrainsSmall, predictionType: 'noise' as 'epsilon' }),
      /predictionType must be one of epsilon, sample, v_prediction, flow, logits, got noise/,
    ],
  ])('refuses %#', (make, rule) => {
    expect(make).toThrow(rule);
  });
});
