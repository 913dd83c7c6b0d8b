import { type Sample, sampleSource } from '@medseg/datasets';
import { AnchoredDiffusion } from '@medseg/models';
import { startBackend } from '@medseg/test-support';
import { beforeAll, describe, expect, it } from 'vitest';
import { ANCHORED_PROCESS } from '../networks/process.ts';
import { validate } from './validate.ts';

beforeAll(() => startBackend('wasm'));

const side = 8;
const options = { scheduler: 'ddim', steps: 2, seed: 1, limit: 10 } as const;

function network(): AnchoredDiffusion {
  return new AnchoredDiffusion({
    ...{ imageSize: [side, side], imageChannels: 1, maskChannels: 1, encoderChannels: [4, 8], encoderBlocks: 1 },
    ...{ denoiserChannels: [4, 8], timeChannels: 8, heads: 2, groups: 2, seed: 1 },
  });
}

/** A sample with a mask in its upper half, of which the columns from `known` on do not count. */
function sampleOf(known: number, hidden = 0): Sample {
  const image = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i));
  const pixelWeights = image.map((_, i) => (i % side < known ? 1 : 0));
  const mask = image.map((_, i) => (pixelWeights[i] === 0 ? hidden : i < image.length / 2 ? 1 : 0));
  return {
    ...{ id: `s${known}`, patient: 'p', height: side, width: side, channels: 1, classes: 1 },
    ...{ originalSize: [side, side], image, mask, pixelWeights },
  };
}

describe('validation', () => {
  it.each(['encoder', 'denoiser'] as const)('of the %s leaves out pixels that do not count', async (phase) => {
    const built = network();
    const model = { network: built, process: ANCHORED_PROCESS, activation: 'softmax' } as const;
    const score = (...samples: Sample[]): Promise<number> =>
      validate(model, sampleSource(samples), { ...options, phase });
    const dice = await score(sampleOf(3));
    expect(await score(sampleOf(3, 1))).toBe(dice);
    const { pixelWeights: _, ...counted } = sampleOf(3, 1);
    expect(await score(counted)).not.toBe(dice);
    // A sample of nothing that counts has no score, rather than a perfect one.
    expect(await score(sampleOf(3), sampleOf(0))).toBe(dice);
    built.dispose();
  });
});
