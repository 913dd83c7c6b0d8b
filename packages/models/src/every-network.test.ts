import { register } from '@medseg/backend-wasm';
import type { Network } from '@medseg/diffusion';
import { dispose, mapTensors } from '@medseg/ops';
import { createRandom } from '@medseg/random';
import { expectNoLeak, fingerprint, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { LayersModel, type LayerVariable } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as exported from './index.ts';

const masks = 3;
const images = (): tf.Tensor4D => randomTensor([2, 8, 8, 2], 1);
const noisy = (): tf.Tensor4D => randomTensor([2, 8, 8, masks], 2);
const times = (): tf.Tensor1D => tf.tensor1d([10, 800], 'int32');
const common = { imageSize: [8, 8], imageChannels: 2, maskChannels: masks, seed: 3 } as const;
const twin = { ...common, imageSize: 8, channels: 8, linearAttention: [true, false], heads: 2, headChannels: 4 };
const official = { ...common, channels: 8, blocks: 1, attentionReductions: [2], groups: 4 };
const highway = { channels: 2, poolings: 3, maxChannels: 8 };

/** Every network of the package, with three mask channels. */
const networks: Readonly<Record<string, () => Network>> = {
  DeepmancerUNet: () => new exported.DeepmancerUNet({ ...twin, outputChannels: masks }),
  Lucidrains: () => new exported.Lucidrains({ ...twin, multipliers: [1, 2], selfCondition: true }),
  OfficialNew: () => new exported.OfficialNew({ ...official, multipliers: [1, 2], highway }),
  OfficialV1: () => new exported.OfficialV1({ ...official, multipliers: [1, 1, 2, 2], highway }),
  MedSegDiffV2: () =>
    new exported.MedSegDiffV2({ ...common, conditionChannels: [8, 8], diffusionChannels: [8, 8], formers: 1 }),
  AnchoredDiffusion: () =>
    new exported.AnchoredDiffusion({ ...common, encoderChannels: [8, 8], denoiserChannels: [8, 8] }),
  UNet: () => new exported.UNet({ ...common, channels: [8, 8], blocks: 1 }),
};
const withAnchor = ['OfficialNew', 'MedSegDiffV2', 'AnchoredDiffusion', 'UNet'];
const predict = (network: Network): tf.Tensor => network.denoise(noisy(), times(), network.encode(images()));

/** The tf.layers models that a network is made of. */
function modelsOf(network: object): LayersModel[] {
  return Object.values(network).filter((value) => value instanceof LayersModel);
}

function variablesOf(network: object): Map<string, tf.Variable> {
  const weights = modelsOf(network).flatMap((model) =>
    model.layers.flatMap((layer) => layer.weights as LayerVariable[]),
  );
  return new Map(weights.map((weight) => [weight.originalName, weight.read() as tf.Variable]));
}

it('knows every network of the package', () => {
  const classes = Object.entries(exported).filter(
    ([, value]) => typeof value === 'function' && 'dispose' in ((value.prototype as object | undefined) ?? {}),
  );
  expect(Object.keys(networks).sort()).toEqual(classes.map(([name]) => name).sort());
});

describe('every network', () => {
  beforeAll(async () => void (await register()));

  it.each(Object.entries(networks))('%s says what it takes and gives', (_, make) => {
    const network = make();
    expect([network.imageSize, network.imageChannels, network.maskChannels]).toEqual([[8, 8], 2, masks]);
    const prediction = predict(network);
    expect(prediction.shape).toEqual([2, 8, 8, network.learnedVariance ? 2 * masks : masks]);
    expect(prediction.dtype).toBe('float32');
    const isOfficial = network instanceof exported.OfficialNew || network instanceof exported.OfficialV1;
    expect([network.learnedVariance, network.maskRange]).toEqual([isOfficial, isOfficial ? [0, 1] : [-1, 1]]);
    const logits = network instanceof exported.AnchoredDiffusion || network instanceof exported.UNet;
    expect(network.predictionType).toBe(logits ? 'logits' : 'epsilon');
    expect(network.selfConditioned).toBe(network instanceof exported.Lucidrains);
  });

  it.each(Object.entries(networks))('%s gives all of its variables, each once', (_, make) => {
    const network = make();
    const own = new Set(network.variables().values());
    expect(own).toEqual(new Set(variablesOf(network).values()));
    expect(own.size).toBe(network.variables().size);
  });

  it.each(Object.entries(networks))('%s gives its condition away, and keeps nothing of the images', (name, make) => {
    const network = make();
    const [mine, x, t] = [images(), noisy(), times()];
    const pixels = [...mine.dataSync()];
    const before = tf.memory().numTensors;
    const condition = network.encode(mine);
    mapTensors(condition, (tensor) => {
      expect(tensor).not.toBe(mine);
      expect(tensor.shape[0]).toBe(2); // one row per image
      return tensor;
    });
    const { anchor } = condition as { anchor?: tf.Tensor };
    expect(anchor?.shape).toEqual(withAnchor.includes(name) ? [2, 8, 8, masks] : undefined);
    const copy = mapTensors(condition, (tensor) => tf.clone(tensor));
    dispose(condition);
    expect([...mine.dataSync()]).toEqual(pixels);
    mine.dispose();
    network.denoise(x, t, copy).dispose(); // leaves its arguments, and needs no image
    network.denoise(x, t, copy, x).dispose();
    dispose(copy);
    expect(tf.memory().numTensors).toBe(before - 1);
    expect(() => network.encode(randomTensor([1, 8, 4, 2]))).toThrow(
      /built for 8x8 images of 2 channels, got 8x4 of 2/,
    );
  });

  it.each(Object.entries(networks))('%s starts alike from one seed, in float32', (_, make) => {
    const [one, same] = [variablesOf(make()), variablesOf(make())];
    expect(one.size).toBeGreaterThan(20);
    expect(fingerprint(same)).toBe(fingerprint(one));
    for (const [name, { dtype }] of one) expect(dtype, name).toBe('float32');
  });

  it.each(Object.entries(networks))('%s leaves no tensor behind in a step of training', async (_, make) => {
    const network = make();
    const variables = modelsOf(network).flatMap((model) =>
      model.trainableWeights.map((weight) => (weight as LayerVariable).read() as tf.Variable),
    );
    await expectNoLeak(() => {
      const { value, grads } = tf.variableGrads(
        () => tf.tidy(() => tf.mean(tf.square(predict(network)))) as tf.Scalar,
        variables,
      );
      tf.dispose([value, grads]);
    });
  });

  it.each(Object.entries(networks))('%s is described and summarised', async (_, make) => {
    const network = make();
    const description = await exported.describe(network);
    const all = [...variablesOf(network).values()].reduce((sum, { size }) => sum + size, 0);
    expect(description.parameters).toBe(all);
    expect(description.multiplyAdds).toBeGreaterThan(0);
    for (const model of modelsOf(network)) {
      const lines: string[] = [];
      model.summary(200, undefined, (line) => lines.push(line));
      expect(lines.join('\n')).toContain('Total params');
    }
  });
});

describe('dropout of the official networks', () => {
  beforeAll(async () => void (await register()));
  const run = (of: (seed: number | undefined) => tf.Tensor, seed?: number): string =>
    tf.tidy(() => of(seed).dataSync().join());

  it('is drawn from the stream that training brings, and off without it', () => {
    const network = new exported.OfficialNew({ ...official, multipliers: [1, 2], highway, dropout: 0.3 });
    for (const [name, variable] of network.variables()) {
      if (/conv2\.weight|out\.weight|out\.conv\.weight/.test(name)) variable.assign(tf.fill(variable.shape, 0.1)); // start at zero
    }
    const fixed = network.encode(images());
    const context = (seed?: number): object =>
      seed === undefined ? {} : { training: true, random: createRandom(seed) };
    const highwayOf = (seed?: number): tf.Tensor => network.encode(images(), context(seed)).anchor;
    const denoised = (seed?: number): tf.Tensor => network.denoise(noisy(), times(), fixed, undefined, context(seed));
    for (const of of [denoised, highwayOf]) {
      expect(run(of, 1)).toBe(run(of, 1));
      expect(run(of, 1)).not.toBe(run(of, 2));
    }
    expect(run(denoised)).not.toBe(run(denoised, 1));
    expect(run(denoised)).toBe(run(denoised));
    expect(() => network.encode(images(), { training: true })).toThrow(/needs random for dropout of rate 0.5/);
  });

  it('is half of the channels of the encoder and nothing of the decoder of the highway, as upstream', () => {
    const network = new exported.OfficialNew({ ...official, multipliers: [1, 2], highway });
    for (const layer of network.encoder.layers.filter((l) => l.getClassName() === 'MedsegConvolutionBlock')) {
      expect(layer.getConfig().dropout, layer.name).toBe(layer.name.includes('context') ? 0.5 : 0);
    }
  });
});

describe('networks without levels or residual blocks, which the references take', () => {
  it('DeepmancerUNet and Lucidrains without levels are their bottleneck', () => {
    const reference = { image_size: 6, num_layers: 0, first_conv_channels: 8 };
    const unet = new exported.DeepmancerUNet(exported.deepmancerUNetConfigFrom(reference));
    const condition = { images: randomTensor<tf.Rank.R4>([2, 6, 6, 3]) };
    expect(unet.denoise(randomTensor([2, 6, 6, 1]), times(), condition).shape).toEqual([2, 6, 6, 1]);
    const options = { dim: 8, image_size: 6, dim_mults: [], full_self_attn: [] };
    const lucidrains = new exported.Lucidrains(exported.lucidrainsConfigFrom(options));
    expect([...lucidrains.variables().keys()].some((name) => /^(downs|ups)\./.test(name))).toBe(false);
  });

  it('OfficialNew without residual blocks on the way down keeps its channels there', () => {
    const network = new exported.OfficialNew({ ...official, multipliers: [1, 2], highway, blocks: 0 });
    expect(network.variables().get('input_blocks.1.0.op.weight')!.shape).toEqual([3, 3, 8, 8]);
    expect(network.denoise(noisy(), times(), network.encode(images())).shape).toEqual([2, 8, 8, 2 * masks]);
  });
});
