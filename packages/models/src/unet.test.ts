import { registerLayers } from '@medseg/layers';
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
import { AnchoredDiffusion } from './anchored-diffusion.ts';
import { UNet } from './unet.ts';

const small = {
  imageSize: [8, 8],
  imageChannels: 2,
  maskChannels: 3,
  channels: [4, 8],
  blocks: 1,
  heads: 2,
  groups: 2,
  seed: 3,
} as const;
const images = (): tf.Tensor4D => randomTensor([2, 8, 8, 2], 1);

describeOnBackends('UNet', () => {
  it('has the gradient of finite differences in every weight', () => {
    const network = new UNet(small);
    const errors = directionalErrors(network.variables(), () => network.predict(images()));
    expect(errors.size).toBeGreaterThan(0.7 * network.variables().size);
    for (const [name, error] of errors) expect(error, name).toBeLessThan(1e-3);
  });

  it('is the condition encoder and anchor head of AnchoredDiffusion', () => {
    const network = new UNet(small);
    const { channels, blocks, ...rest } = small;
    const anchored = new AnchoredDiffusion({
      ...rest,
      encoderChannels: channels,
      encoderBlocks: blocks,
      denoiserChannels: channels,
    });
    const expected = anchored.encode(images()).anchor.dataSync();
    expect([...network.predict(images()).dataSync()]).toEqual([...expected]);
    expect([...network.encode(images()).anchor.dataSync()]).toEqual([...expected]);
    expect([...network.variables().keys()]).toEqual([...anchored.encoderVariables().keys()]);
  });

  it('saves and loads with equal outputs', async () => {
    registerLayers();
    const network = new UNet(small);
    const loaded = await reloaded(network.network);
    const outputs = (loaded.apply(images()) as tf.Tensor).dataSync();
    expect([...outputs]).toEqual([...network.predict(images()).dataSync()]);
  });

  it('predicts the mask of its anchor, whatever the noise', () => {
    const network = new UNet(small);
    const condition = network.encode(images());
    const [one, other] = [1, 2].map((seed) =>
      network.denoise(randomTensor([2, 8, 8, 3], seed), tf.tensor1d([10 * seed, 20], 'int32'), condition).dataSync(),
    );
    expect([...one!]).toEqual([...network.predict(images()).dataSync()]);
    expect([...other!]).toEqual([...one!]);
  });

  it('starts alike from one seed', () => {
    const values = (seed: number): string => fingerprint(new UNet({ ...small, seed }).variables());
    expect(values(5)).toBe(values(5));
    expect(values(5)).not.toBe(values(6));
  });

  it('leaves no tensor behind', async () => {
    const network = new UNet(small);
    const image = images();
    await expectNoLeak(() => {
      const variables = [...network.variables().values()];
      const { value, grads } = tf.variableGrads(() => tf.sum(network.predict(image)) as tf.Scalar, variables);
      tf.dispose([value, grads]);
    });
  });
});

describe('UNet', () => {
  it.each([
    [{ channels: [16, 20] }, /channels must be one positive multiple of groups \(8\) a level, got \[16,20\]/],
    [{ heads: 5 }, /channels must be a multiple of heads \(5\) at the coarsest level/],
    [{ imageSize: [60, 64] }, /imageSize must be a multiple of 8 for 4 levels, got 60x64/],
    [{ imageSize: [64] }, /imageSize must be \[height, width\], got \[64\]/],
    [{ headPadding: 'same' as never }, /headPadding must be one of zeros, replicate, got same/],
    [{ blocks: 0.5 }, /blocks must be a positive integer, got 0.5/],
  ] as const)('refuses %j', (config, rule) => {
    expect(() => new UNet(config)).toThrow(rule);
  });

  it('refuses images of another size', () => {
    expect(() => new UNet(small).predict(randomTensor([1, 8, 4, 2]))).toThrow(/built for 8x8 images of 2 channels/);
  });
});
