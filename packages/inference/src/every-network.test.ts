import { ddim, ddpm, linearSchedule, type Network } from '@medseg/diffusion';
import {
  AnchoredDiffusion,
  DeepmancerUNet,
  Lucidrains,
  MedSegDiffV2,
  OfficialNew,
  OfficialV1,
  UNet,
} from '@medseg/models';
import { createRandom } from '@medseg/random';
import { expectNoLeak, randomTensor, startBackend } from '@medseg/test-support';
import { beforeAll, describe, expect, it } from 'vitest';
import { segment } from './segment.ts';

const common = { imageSize: [8, 8], imageChannels: 2, maskChannels: 2, seed: 3 } as const;
const twin = { ...common, imageSize: 8, channels: 8, linearAttention: [true, false], heads: 2, headChannels: 4 };
const highway = { channels: 2, poolings: 3, maxChannels: 8 };
const official = { ...common, channels: 8, blocks: 1, attentionReductions: [2], groups: 4, highway };

const networks: Readonly<Record<string, () => Network>> = {
  AnchoredDiffusion: () => new AnchoredDiffusion({ ...common, encoderChannels: [8, 8], denoiserChannels: [8, 8] }),
  DeepmancerUNet: () => new DeepmancerUNet({ ...twin, outputChannels: 2 }),
  Lucidrains: () => new Lucidrains({ ...twin, multipliers: [1, 2], selfCondition: true }),
  MedSegDiffV2: () => new MedSegDiffV2({ ...common, conditionChannels: [8, 8], diffusionChannels: [8, 8], formers: 1 }),
  OfficialNew: () => new OfficialNew({ ...official, multipliers: [1, 2] }),
  OfficialV1: () => new OfficialV1({ ...official, multipliers: [1, 1, 2, 2] }),
  UNet: () => new UNet({ ...common, channels: [8, 8], blocks: 1 }),
};

describe('segment', () => {
  beforeAll(() => startBackend('wasm'));

  it.each(Object.entries(networks))('takes %s, and leaves the images and no tensor behind', async (_, make) => {
    const network = make();
    const images = randomTensor([2, 8, 8, 2]);
    const predictionType = network.predictionType === 'logits' ? 'sample' : (network.predictionType as 'epsilon');
    for (const sampler of [ddim, ddpm]) {
      const scheduler = sampler(linearSchedule(), { predictionType, timestepSpacing: 'trailing', clipSample: true });
      const noise = (image: number, member: number): ReturnType<typeof createRandom> =>
        createRandom(5).fork(image).fork(member);
      await expectNoLeak(async () => {
        const results = await segment(network, images, { scheduler, steps: 2, members: 2, noise });
        expect(results).toHaveLength(2);
        for (const { size, classes, probability, anchor } of results) {
          expect([size, classes, probability.length, anchor?.length ?? 128]).toEqual([[8, 8], 2, 128, 128]);
          expect(probability.every((p) => p >= 0 && p <= 1)).toBe(true);
        }
      });
    }
    expect(images.isDisposed).toBe(false);
  });
});
