import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { register } from '@medseg/backend-wasm';
import { relativeError } from '@medseg/test-support';
import { sharedPath } from '@medseg/test-support/shared-folder';
import {
  decodeSafetensors,
  decodeTorch,
  exportWeights,
  importWeights,
  inferLucidrainsOptions,
  inferSeedOptions,
  lucidrainsNames,
  seedNames,
} from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { DeepmancerUNet } from './deepmancer-unet.ts';
import { deepmancerUNetConfigFrom } from './deepmancer-unet-config.ts';
import { Lucidrains } from './lucidrains.ts';
import { lucidrainsConfigFrom } from './lucidrains-config.ts';

const parity = sharedPath('parity');

type Options = Record<string, unknown>;
const build = (name: string, options: Options): DeepmancerUNet | Lucidrains =>
  name.startsWith('seed-')
    ? new DeepmancerUNet(deepmancerUNetConfigFrom(options))
    : new Lucidrains(lucidrainsConfigFrom(options));

/** What a network without a dynamic map does not use. */
const unseen = { patchSize: 0, mapHeadChannels: 0 };
const numbers = (data: ArrayLike<number | bigint>): number[] => Array.from(data, Number);

/** The whole comparison, with gradients and on cpu too, is `npm run parity`. */
describe.skipIf(!existsSync(parity) && !process.env.CI)('reference networks', () => {
  const fixtures = existsSync(parity)
    ? readdirSync(parity).flatMap((file) => /^((?:seed|lucidrains)-.*)\.json$/.exec(file)?.[1] ?? [])
    : [];

  it.each(fixtures)('%s predicts what the reference predicts, from every weight file', async (name) => {
    await register();
    const { config } = JSON.parse(readFileSync(join(parity, `${name}.json`), 'utf8')) as { config: Options };
    const { name: _, ...options } = config;
    const io = decodeSafetensors(readFileSync(join(parity, `${name}.io.safetensors`))).tensors;
    const map = (key: string): tf.Tensor4D | undefined => {
      const array = io.get(key);
      const values = array && tf.tensor4d(array.data as Float32Array, array.shape as [number, number, number, number]);
      return values && tf.transpose(values, [0, 2, 3, 1]);
    };
    const time = tf.tensor1d(io.get('input.time')!.data as Int32Array, 'int32');
    const files = readdirSync(parity).filter((file) => file.startsWith(`${name}.weights.`));
    for (const file of files) {
      const bytes = readFileSync(join(parity, file));
      const { tensors } = file.endsWith('.safetensors') ? decodeSafetensors(bytes, file) : decodeTorch(bytes, file);
      const network = build(name, options);
      const variables = network.variables();
      const wanted = new Map([...variables].map(([key, { shape }]) => [key, shape]));
      const names = network instanceof DeepmancerUNet ? seedNames : lucidrainsNames;
      const { weights, report } = importWeights(tensors, wanted, names);
      expect(report).toMatchObject({ missing: [], leftOver: [] });
      const infer = network instanceof DeepmancerUNet ? inferSeedOptions : inferLucidrainsOptions;
      const again = build(name, infer(new Map([...tensors].map(([key, array]) => [`model.${key}`, array]))));
      const dark = 'dynamicMap' in network.config && network.config.dynamicMap ? {} : unseen;
      expect({ ...again.config, ...dark }).toEqual({ ...network.config, ...dark });
      again.dispose();
      const written = exportWeights(weights, names);
      expect([...written.keys()].sort()).toEqual([...tensors.keys()].sort());
      for (const [key, { data }] of written)
        expect(relativeError(numbers(data), numbers(tensors.get(key)!.data))).toBeLessThan(1e-6);
      for (const [key, { data, shape }] of weights) {
        variables.get(key)!.assign(tf.tensor(data as Float32Array, [...shape]));
      }
      const [x, image] = [map('input.x')!, map('input.image')!];
      const prediction =
        network instanceof DeepmancerUNet
          ? network.denoise(x, time, { images: image })
          : network.denoise(x, time, { images: image }, map('input.self_condition'));
      const expected = map('output.prediction')!.dataSync();
      expect(relativeError(prediction.dataSync(), expected), file).toBeLessThan(1e-5);
      network.dispose();
    }
  });

  it.each<[string, Options]>([
    ['seed-', { image_size: 12, num_layers: 1, image_channels: 4, mask_channels: 2, output_channels: 3 }],
    ['seed-', { image_size: 16, num_layers: 5, att_heads: 1, att_head_dim: 5, bottleneck_transformer_layers: 3 }],
    ['seed-', { image_size: 12, num_layers: 3, first_conv_channels: 24, linear_attn_layers: [false, false, true] }],
    ['lucidrains-', { dim: 8, image_size: 12, dim_mults: [3], full_self_attn: [true], resnet_block_groups: 2 }],
    [
      'lucidrains-',
      {
        dim: 16,
        image_size: 24,
        dim_mults: [1, 1, 2],
        full_self_attn: [true, false, true],
        mid_transformer_depth: 0,
        attn_heads: 3,
        attn_dim_head: 7,
        dynamic_ff_parser_attn_map: true,
        conditioning_kwargs: { patch_size: 3 },
      },
    ],
  ])('%s takes other configurations: %j', async (name, options) => {
    await register();
    const network = build(name, options);
    const { imageSize, imageChannels, maskChannels } = network.config;
    const x = tf.zeros<tf.Rank.R4>([1, imageSize, imageSize, maskChannels]);
    const image = tf.ones<tf.Rank.R4>([1, imageSize, imageSize, imageChannels]);
    const loss = (): tf.Scalar => tf.sum(tf.square(network.denoise(x, tf.tensor1d([3]), { images: image })));
    const { value, grads } = tf.variableGrads(loss, [...network.variables().values()]);
    expect(Number.isFinite(value.dataSync()[0])).toBe(true);
    expect(Object.keys(grads)).toHaveLength(network.variables().size);
    network.dispose();
  });
});
